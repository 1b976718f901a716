"""Printing a street's posted ledgers: stored sheets behind a list, by community, in copies, the same bytes each time."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader

from compounds.models import Compound
from core import jobs, pdf
from core.choices import JobState
from core.models import DocumentFile, Job
from core.operations import (
    NewDocument,
    NewFile,
    draw_document_code,
    issue_document,
    machine,
    read_bytes,
    store_files,
)
from fees.documents import PrintOptions
from fees.models import Ledger
from fees.operations import print_volumes, start_printing
from fees.rules import Span
from tests import factories
from tests.factories import AT

pytestmark = pytest.mark.django_db
OCTOBER = Span.parse("2026-10")


def page_of(text: str, pages: int = 1) -> bytes:
    body = "".join(f"<p class='new-page'>{text}　第{n}面</p>" for n in range(1, pages + 1))
    style = "<style>.new-page + .new-page { break-before: page }</style>"
    return pdf.render(f'<html lang="zh-CN"><title>{text}</title>{style}<body>{body}', base_styles=()).bytes


def compound_with_sheet(n: int, community: str, monkeypatch: pytest.MonkeyPatch, pages: int = 3) -> Compound:
    """Post a compound's ledger whose PDF says whose it is, on so many pages."""
    home = factories.compound(f"{community}{n:02d}", f"春和{n}院（演示）")
    content = page_of(home.name, pages)
    with monkeypatch.context() as patch:
        patch.setattr("fees.operations.issuing.pdf.render", lambda html: pdf.Pdf(content, pages))
        factories.issued(home)
    return home


@pytest.fixture
def street(monkeypatch: pytest.MonkeyPatch) -> list[Compound]:
    other = f"{factories.STREET}036"
    factories.compound(f"{other}99", "桂香里（演示）")
    return [
        compound_with_sheet(2, factories.COMMUNITY, monkeypatch),
        compound_with_sheet(1, other, monkeypatch, pages=2),
        compound_with_sheet(1, factories.COMMUNITY, monkeypatch),
    ]


def texts(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def printed(compounds: list[Compound], *options: Any) -> list[bytes]:
    codes = [c.code for c in compounds]
    files = print_volumes(OCTOBER, factories.STREET, codes, PrintOptions(*options), progress=lambda *_: None)
    return [read_bytes(file.sha256) for file in files]


def test_stored_sheets_lie_behind_the_list_by_community(street: list[Compound]) -> None:
    (content,) = printed(street, 2)
    pages = texts(content)
    assert len(pages) == 1 + 2 * (2 + 3 + 3)
    cover = pages[0]
    assert "3个小区" in cover and "每个2份" in cover and "清单以外共16页" in cover
    order = [page.split("　")[0] for page in pages[1:]]
    assert order == ["春和1院（演示）"] * 4 + ["春和1院（演示）"] * 6 + ["春和2院（演示）"] * 6
    assert "这一期还没有公示、所以没有的：桂香里（演示）" in cover.replace("\n", "")
    # The list says on which page each begins.
    assert [page for page in pages[1:] if "第1面" in page] == [pages[n] for n in (1, 3, 5, 8, 11, 14)]


def test_pages_are_the_stored_ones_not_set_anew(street: list[Compound], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the templates say today, what was issued is printed; only the list is set."""
    asked: list[str] = []
    plain = pdf.render

    def render(html: str, **more: Any) -> pdf.Pdf:
        asked.append(html)
        return plain(html, **more)

    monkeypatch.setattr(pdf, "render", render)
    (content,) = printed(street, 1)
    assert len(asked) == 1 and "打印清单" in asked[0]
    stored = DocumentFile.objects.filter(format="pdf", document__ledger__compound=street[0]).get()
    ours = PdfReader(io.BytesIO(content)).pages[-1].get_contents()
    theirs = PdfReader(io.BytesIO(read_bytes(stored.sha256))).pages[-1].get_contents()
    assert ours is not None and theirs is not None and ours.get_data() == theirs.get_data()


@pytest.mark.parametrize(
    ("options", "pages"),
    [
        ((1,), 1 + 8),
        ((1, True), 1 + 3),
        ((3, True), 1 + 9),
        ((1, False, True), 2 + 2 + 4 + 4),
        ((2, True, True), 2 + 12),
    ],
)
def test_copies_first_pages_and_both_sides(street: list[Compound], options: Any, pages: int) -> None:
    (content,) = printed(street, *options)
    found = texts(content)
    assert len(found) == pages
    if len(options) == 3:  # each copy begins on a new leaf
        assert all(n % 2 == 0 for n, text in enumerate(found) if "第1面" in text)


def test_volumes_are_bounded_and_equal_when_made_again(street: list[Compound], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker killed in the middle stores the same bytes under the same names again."""
    monkeypatch.setattr("fees.operations.printing.PER_VOLUME", 2)
    first = printed(street, 1)
    assert [len(texts(volume)) for volume in first] == [1 + 2 + 3, 1 + 3]
    assert "第2册，共2册" in texts(first[1])[0]
    assert printed(street, 1) == first


def test_job_tells_how_far_it_is_and_keeps_its_files(street: list[Compound], settings: Any) -> None:
    settings.REDIS_URL = ""
    by = machine("system")
    job = start_printing(OCTOBER, factories.STREET, street, PrintOptions(2), actor=by, at=AT)
    assert start_printing(OCTOBER, factories.STREET, street[::-1], PrintOptions(2), actor=by, at=AT) == job
    assert start_printing(OCTOBER, factories.STREET, street, PrintOptions(1), actor=by, at=AT) != job
    jobs.run(job.pk)
    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.done, job.total) == (JobState.DONE, 3, 3)
    assert '"name": "2026年10月收支公示.pdf"' in job.result and '"pages": 17' in job.result


def test_stored_file_that_is_no_pdf_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("fees.operations.issuing.pdf.render", lambda html: pdf.Pdf(b"nothing", 1))
        home = factories.issued(factories.compound()).compound
    with pytest.raises(pdf.PdfFault, match="打不开"):
        printed([home], 1)


def test_forty_compounds_in_one_file() -> None:
    """A street of forty: one job, one file, every compound once, in order."""
    sheet = store_files([NewFile("pdf", page_of("一张表", 3), 3)])
    homes = [factories.compound(f"{factories.COMMUNITY}{n:02d}", f"第{n}院（演示）") for n in range(1, 41)]
    for home in homes:
        new = NewDocument(draw_document_code(), "ledger", home.name, 1, home.area_code, "{}", "0" * 64, sheet)
        Ledger.objects.create(
            compound=home, code="2026-10", first_month=OCTOBER.first_month, last_month=OCTOBER.last_month,
            posted_on=AT.date(), posted_until=AT.date(), document=issue_document(new, actor=machine("system"), at=AT),
        )  # fmt: skip
    (made,) = printed(homes, 1)
    pages = texts(made)
    listed = [page for page in pages if "打印清单" in page]
    assert len(pages) == len(listed) + 40 * 3
    assert all(f"第{n}院（演示）" in "".join(listed).replace("\n", "") for n in range(1, 41))
    assert store_files([NewFile("pdf", made)])[0].size == len(made)
