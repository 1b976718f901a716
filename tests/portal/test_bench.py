"""The measurements measure what they say, on books of their own, and the command ends as the bars do."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from compounds.models import Dwelling
from core import pdf
from fees.models import Ledger, Voucher
from portal.management.benches import ballot, board, books, ledger, pages, register
from portal.management.benches.measuring import Count, Ratio, alternately, own_database, table
from portal.management.commands import bench


def test_a_bar_holds_up_to_its_figure() -> None:
    assert Ratio("T1", "x", 1.1, 1.0, 1.10).holds and not Ratio("T1", "x", 1.2, 1.0, 1.10).holds
    assert Count("T7", "x", 60, 60, "bytes").holds and not Count("T7", "x", 61, 60, "bytes").holds
    lines = table([Ratio("T1", "issuing", 1.2, 1.0, 1.10), Count("T7", "home", 5, 60, "bytes")])
    assert "MISSED" in lines[0] and "1.20" in lines[0] and "holds" in lines[1]


def test_two_things_are_timed_in_turn() -> None:
    said: list[str] = []
    alternately(lambda: said.append("a"), lambda: said.append("b"), 3)
    assert said == ["a", "b"] * 3


@pytest.mark.django_db
def test_books_are_recomputed_whole() -> None:
    ratio, faults = books.measure(vouchers=40, rounds=1)
    assert isinstance(ratio, Ratio) and ratio.ours > 0 and ratio.other > 0
    assert faults.holds and Voucher.objects.count() == 40


@pytest.mark.django_db
def test_a_ledger_is_issued_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[str] = []

    def quick(html: str, **_: object) -> pdf.Pdf:
        rendered.append(html)
        return pdf.Pdf(b"%PDF-1.7", 1)

    monkeypatch.setattr(pdf, "render", quick)
    monkeypatch.setattr(ledger, "_naive", lambda html: b"")
    job, style = ledger.measure(((6, 2),))
    assert (job.bar, style.bar) == ("T1", "T2")
    assert Ledger.objects.count() == 3 and all("第6笔" in html for html in rendered)


@pytest.mark.django_db
def test_the_board_is_counted_at_two_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = board.measure(2, 6, 1)
    assert [bar.holds for bar in found[:4]] == [True] * 4
    assert isinstance(found[1], Count) and found[1].figure > 8
    assert isinstance(found[-1], Ratio) and found[-1].ours > 0


@pytest.mark.django_db
def test_control_a_board_that_asks_for_each_compound_misses_its_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    from compounds.models import Compound
    from portal.documents import programme

    posting = programme._posting

    def asks(at: Any, *more: Any) -> str:
        Compound.objects.get(pk=at.compound.pk)
        return posting(at, *more)

    monkeypatch.setattr(programme, "_posting", asks)
    assert not board.measure(2, 6, 1)[0].holds


@pytest.mark.django_db
@pytest.mark.usefixtures("quick_pdf")
def test_pages_are_counted_and_weighed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "_sent", lambda path: 1_000)
    found = pages.measure()
    assert [bar.bar for bar in found] == ["T4", "T4", "T4", "T7", "T7", "T7"]
    assert all(bar.holds for bar in found), "\n".join(table(found))


def test_the_command_ends_with_one_where_a_bar_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def nowhere() -> Iterator[Path]:
        yield Path("/nowhere")

    monkeypatch.setattr(bench, "own_database", nowhere)
    monkeypatch.setattr(bench, "machine_line", lambda: "a quiet machine")
    monkeypatch.setitem(bench.BENCHES, "books", lambda: [Count("T12", "faults", 0, 0, "faults")])
    out = io.StringIO()
    call_command("bench", "books", "--json", stdout=out)
    assert json.loads(out.getvalue())["bars"][0]["holds"] is True
    monkeypatch.setitem(bench.BENCHES, "books", lambda: [Count("T12", "faults", 2, 0, "faults")])
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("bench", "books", "--json", stdout=out)
    assert ended.value.code == 1 and json.loads(out.getvalue())["errors"]


def test_the_database_is_its_own_and_gone_afterwards() -> None:
    """Nothing of a measurement reaches the product's own tables or folders."""
    import subprocess
    import sys

    code = (
        "import django; django.setup();"
        "from django.conf import settings; from django.db import connection;"
        "from portal.management.benches.measuring import own_database;"
        "was = connection.settings_dict['NAME'];\n"
        "with own_database() as folder:\n"
        "    from core.models import User\n"
        "    assert connection.settings_dict['NAME'] != was and User.objects.count() == 2\n"
        "    assert str(settings.ANCHORS_FILE).startswith(str(folder))\n"
        "assert not folder.exists()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert own_database is not None


@pytest.mark.django_db
def test_a_register_is_read_written_and_searched() -> None:
    found = register.measure(dwellings=60, rounds=1, searched=90)
    assert [bar.bar for bar in found[:4]] == ["T8"] * 4 and {bar.bar for bar in found[4:]} == {"search"}
    assert isinstance(found[0], Ratio) and found[0].ours > 0 and found[0].other > 0
    assert found[3].holds and Dwelling.objects.count() == 90


@pytest.mark.django_db
def test_every_paper_of_a_ballot_is_printed_and_set_bare(monkeypatch: pytest.MonkeyPatch) -> None:
    bare: list[str] = []
    monkeypatch.setattr(pdf, "render", lambda html, **_: pdf.Pdf(b"%PDF-1.7", 1))
    monkeypatch.setattr(pdf, "warm", lambda: None)
    monkeypatch.setattr(ballot, "_bare", bare.append)
    monkeypatch.setattr(ballot, "PARTS", (ballot.printing,))
    printed, memory, queries = ballot.measure(30)
    assert isinstance(printed, Ratio) and "30 papers" in printed.what
    assert len(bare) == ballot.BUILDINGS and all(html.count("paper-top") == 3 for html in bare)
    assert isinstance(memory, Count) and memory.figure > 1
    assert isinstance(queries, Count) and 5 < queries.figure <= ballot.QUERIES
