"""T1 and T2: what issuing a ledger costs beside the bare typesetting, and that against naive typesetting.

Naive (T2) is the same HTML as a page meets WeasyPrint that nobody has tuned: a font configuration and the style sheet
made anew for the document, columns of every table measured from their contents, the number of pages said in the text
itself (as the trial of the quality plan had it: ours says it in margin boxes only), Python's collector running and
nothing kept from it by ``gc.freeze``. It stays in favour of the naive side where it can: the same process with its
imports and templates warm, the same style otherwise. What either side of a bar leaves to the collector is collected
between the rounds, outside both times.
"""

from __future__ import annotations

import gc
from datetime import date

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from compounds.models import Compound
from core import pdf
from core.operations import machine
from fees.documents import print_context, read_ledger
from fees.models import Ledger
from fees.operations import issue_ledger
from fees.rules import previous_month
from portal.management.benches.measuring import (
    AT,
    Bar,
    Ratio,
    alternately,
    close_month,
    make_compound,
    post_month,
)

MONTH = date(2026, 10, 1)
# Columns measured from their content, and the number of pages in the text.
NAIVE = "table { table-layout: auto !important } h1::after { content: '（共' counter(pages) '页）' }"


def measure(sizes: tuple[tuple[int, int], ...] = ((60, 9), (1_000, 5))) -> list[Bar]:
    """Return T1 and T2 for ledgers of so many lines, each made so many times."""
    return [bar for size in sizes for bar in _of_size(*size)]


def _of_size(lines: int, rounds: int) -> list[Bar]:
    compounds = [_ready(lines) for _ in range(rounds + 1)]
    pdf.warm()
    waiting = iter(compounds)

    def issue() -> None:
        issue_ledger(next(waiting), MONTH, actor=machine("system"), at=AT)

    issue()
    html = _html()
    pdf.render(html)
    job, bare = alternately(issue, lambda: pdf.render(html), rounds)
    # Our renderer collects nothing meanwhile, so this is the naive one's heap: a process that froze nothing.
    gc.unfreeze()
    own, naive = alternately(lambda: pdf.render(html), lambda: _naive(html), max(rounds // 2 + 1, 3))
    at_most = 0.70 if lines <= 60 else 0.60
    return [
        Ratio(
            "T1", f"{lines} lines: issuing, from vouchers to stored files : its own typesetting alone", job, bare, 1.10
        ),
        Ratio("T2", f"{lines} lines: print style and renderer : WeasyPrint used naively", own, naive, at_most),
    ]


def _ready(lines: int) -> Compound:
    """Make a compound whose month of so many lines, and the one before, are closed and not issued."""
    compound = make_compound(Compound.objects.count() + 1, date(2026, 8, 31))
    for month in (previous_month(MONTH), MONTH):
        post_month(compound, month, lines)
        close_month(compound, month)
    return compound


def _html() -> str:
    ledger = Ledger.objects.select_related("document").latest("pk")
    return render_to_string("fees/ledger_print.html", print_context(read_ledger(ledger.document.data)))


def _naive(html: str) -> bytes:
    """Set the same HTML with style and fonts parsed anew, automatic columns, and the collector running."""
    weasyprint = pdf._weasyprint()
    path = finders.find("core/print.css")
    assert isinstance(path, str) and gc.isenabled()
    fonts = weasyprint.text.fonts.FontConfiguration()
    styles = [
        weasyprint.CSS(filename=path, font_config=fonts, url_fetcher=pdf._fetcher()),
        weasyprint.CSS(string=NAIVE, font_config=fonts),
    ]
    made: bytes = weasyprint.HTML(string=html, url_fetcher=pdf._fetcher()).write_pdf(
        stylesheets=styles, font_config=fonts, pdf_variant=pdf.VARIANT
    )
    return made
