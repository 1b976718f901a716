"""What was issued beside ledgers, notices and monthly reports: the data against its hash, the files against theirs."""

from __future__ import annotations

from compounds.models import Compound
from core.hashing import sha256_bytes, sha256_text
from core.models import Document
from core.operations import read_bytes
from fees.verification.found import Fault, Report


def check_issued(compound: Compound | None, report: Report) -> None:
    """Check every document that is no ledger: of one compound, or of all areas."""
    documents = Document.objects.exclude(kind="ledger").order_by("pk").prefetch_related("files")
    for document in documents.filter(area_code__in=compound.places()) if compound else documents:

        def bad(what: str, document: Document = document) -> None:
            report.bad.append(Fault(document.area_code, "", None, f"{document.title} {document.code}：{what}"))

        if sha256_text(document.data) != document.sha256:
            bad("数据和校验码不符")
        for file in document.files.all():
            try:
                content = read_bytes(file.sha256)
            except OSError:
                bad(f"存档里找不到{file.format}文件")
                continue
            if sha256_bytes(content) != file.sha256 or len(content) != file.size:
                bad(f"{file.format}文件被改动")
