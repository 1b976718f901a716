"""Printing a period's posted ledgers of many compounds: stored sheets put behind one another, never set anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime

from django.template.loader import render_to_string

from compounds.models import Area, Compound
from core import jobs, pdf
from core.hashing import sha256_text
from core.models import DocumentFile, Job, User
from core.operations import NewFile, StoredFile, read_bytes, store_files
from fees.documents import PER_VOLUME, PrintList, PrintOptions, print_rows
from fees.models import Ledger
from fees.rules import Span


def start_printing(
    span: Span, area_code: str, compounds: Sequence[Compound], options: PrintOptions, *, actor: User, at: datetime
) -> Job:
    """Start the job that makes one PDF per volume of these compounds' ledgers; the same call while it runs returns it."""
    codes = [compound.code for compound in sorted(compounds, key=lambda c: c.area_code)]
    args = {"period": span.code, "area_code": area_code, "codes": codes, "options": asdict(options)}
    return jobs.start(
        "fees.tasks.print_ledgers",
        args,
        key=f"fees.print_ledgers:{sha256_text(repr(args))[:40]}",
        title=f"打印{span.label}收支公示，{len(codes)}个小区",
        area_code=area_code,
        actor=actor,
        at=at,
        total=len(codes),
    )


def print_volumes(
    span: Span, area_code: str, codes: Sequence[str], options: PrintOptions, *, progress: Callable[[int, str], None]
) -> list[StoredFile]:
    """Store the volumes of a period's newest ledgers, by community and compound, and return them.

    ``progress`` is told how many compounds are done and which comes. Repeated it stores the same bytes under the same
    names. The area's compounds without a posted ledger are named in the list of the last volume.
    """
    compounds = list(Compound.objects.filter(code__in=codes).order_by("area_code"))
    ledgers = {
        ledger.compound_id: ledger
        for ledger in Ledger.objects.filter(compound__in=compounds, code=span.code).newest_versions()
    }
    files = {
        file.document_id: file
        for file in DocumentFile.objects.filter(document__ledger__in=ledgers.values(), format="pdf").select_related(
            "document"
        )
    }
    areas = dict(
        Area.objects.containing_any([area_code, *(c.area_code for c in compounds)]).values_list("code", "name")
    )
    there = [c for c in compounds if c.pk in ledgers]
    posted = Ledger.objects.filter(code=span.code).values("compound")
    missing = tuple(Compound.objects.within([area_code]).exclude(pk__in=posted).values_list("name", flat=True))
    volumes = [there[i : i + PER_VOLUME] for i in range(0, len(there), PER_VOLUME)]
    stored = []
    for number, volume in enumerate(volumes, start=1):
        papers = [files[ledgers[c.pk].document_id] for c in volume]
        found = [
            (areas.get(c.area_code[:12], ""), c.name, paper.document.code, ledgers[c.pk].version, paper.pages)
            for c, paper in zip(volume, papers, strict=True)
        ]
        last = number == len(volumes)
        listed = PrintList(
            areas.get(area_code) or (compounds[0].name if compounds else ""),
            span.label,
            number,
            len(volumes),
            options,
            print_rows(found, options),
            missing if last else (),
        )
        cover = pdf.render(render_to_string("fees/print_list.html", {"list": listed}))
        parts = [pdf.Sheets(cover.bytes, whole_leaves=options.both_sides)]
        for done, (compound, paper) in enumerate(zip(volume, papers, strict=True), start=(number - 1) * PER_VOLUME):
            progress(done, compound.name)
            parts.append(options.sheets(read_bytes(paper.sha256)))
        joined = pdf.join(parts)
        stored += store_files([NewFile("pdf", joined.bytes, joined.pages)])
    return stored
