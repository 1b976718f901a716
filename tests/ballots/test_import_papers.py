"""``import_papers`` and ``template papers``: a workbook as one of the two blind entries, faults by cell, all or none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from ballots.documents.entering import printed_of, progress_of
from ballots.imports import PapersFile, papers_template, read_papers
from ballots.models import Ballot, PaperEntry
from core.codes import show_code
from tests import balloting, factories
from tests.fees.workbooks import workbook

pytestmark = pytest.mark.django_db
QUESTIONS = [("choose_one", ("周六上午", "周三晚上", "以上均不同意")), ("choose_up_to", ("路灯", "车棚", "花坛"))]
HEADINGS = ("第3题", "票号", "第1题", "第2题", "整票无效")


@pytest.fixture
def ballot() -> Ballot:
    return balloting.counting_ballot(factories.compound(), 3, QUESTIONS)


def serials(ballot: Ballot) -> list[str]:
    return [sheet.paper.serial for sheet in ballot.sheets.select_related("paper").order_by("pk") if sheet.paper]


def rows(ballot: Ballot) -> list[dict[str, Any]]:
    """Three papers: one plain, one with an overvote and words, one void."""
    one, two, three = serials(ballot)
    return [
        {"票号": show_code(one), "第1题": "赞成", "第2题": 2, "第3题": "1，3"},
        {"票号": two.lower(), "第1题": "弃权", "第2题": "1,2", "第3题": "未填"},
        {"票号": three, "整票无效": "没有签名"},
    ]


def run(
    capsys: Any, tmp_path: Path, ballot: Ballot, sent: list[dict[str, Any]], *args: str, code: int = 0, **more: Any
) -> Any:
    path = tmp_path / "选票.xlsx"
    path.write_bytes(workbook({"选票": (more.get("headings", HEADINGS), sent)}))
    name = more.get("name") or f"{ballot.compound.code}/{ballot.number}"
    try:
        call_command("import_papers", str(path), "--ballot", name, "--json", *args)
        ended = 0
    except SystemExit as end:
        ended = int(end.code or 0)
    assert ended == code
    return json.loads(capsys.readouterr().out)


def test_the_two_entries_are_by_two_accounts_and_agree(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    preview = run(capsys, tmp_path, ballot, rows(ballot), "--entry", "1")
    assert (preview["new"], preview["applied"], PaperEntry.objects.count()) == (3, False, 0)
    for entry in ("1", "2"):
        done = run(capsys, tmp_path, ballot, rows(ballot), "--entry", entry, "--apply")
        assert (done["rows"], done["new"], done["unchanged"]) == (3, 3, 0)
    assert progress_of(ballot).agreed == 3
    said = (
        PaperEntry.objects.filter(round=2).order_by("sheet").values_list("marks", "reasons", "void", "user__username")
    )
    assert list(said) == [
        ('{"1":["赞成"],"2":[2],"3":[1,3]}', "{}", "", "system-2"),
        ('{"1":["弃权"],"2":[1,2],"3":[]}', '{"2":"overvote"}', "", "system-2"),
        ("{}", "{}", "unsigned", "system-2"),
    ]


def test_the_same_file_again_changes_nothing(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    run(capsys, tmp_path, ballot, rows(ballot), "--entry", "1", "--apply")
    before = list(PaperEntry.objects.values())
    again = run(capsys, tmp_path, ballot, rows(ballot), "--entry", "1", "--apply")
    assert (again["new"], again["unchanged"]) == (0, 3)
    assert list(PaperEntry.objects.values()) == before


def test_one_person_is_not_both(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    run(capsys, tmp_path, ballot, rows(ballot), "--entry", "1", "--apply")
    told = run(capsys, tmp_path, ballot, rows(ballot), "--entry", "2", "--second", "system", "--apply", code=1)
    assert told["errors"][0]["cell"] == "B2" and "两遍要由两个人录" in told["errors"][0]["reason"]
    assert PaperEntry.objects.count() == 3


def test_invalid_without_more_is_not_said_to_be_too_many(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    row = {"票号": serials(ballot)[0], "第1题": "无效", "第2题": "1,2", "第3题": "未填"}
    run(capsys, tmp_path, ballot, [row], "--entry", "1", "--apply")
    assert json.loads(PaperEntry.objects.get().reasons) == {"1": "other", "2": "overvote"}


def test_a_paper_taken_out_meanwhile_is_refused_by_its_row(
    capsys: Any, tmp_path: Path, ballot: Ballot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(content: bytes, of: Ballot) -> PapersFile:
        read = read_papers(content, of)
        of.sheets.latest("pk").delete()
        return read

    monkeypatch.setattr("ballots.management.commands.import_papers.read_papers", late)
    told = run(capsys, tmp_path, ballot, rows(ballot), "--entry", "1", "--apply", code=1)
    assert [error["cell"] for error in told["errors"]] == ["B4"] and "收回" in told["errors"][0]["reason"]
    assert not PaperEntry.objects.exists()


def test_an_empty_cell_is_blank_and_counted(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    done = run(capsys, tmp_path, ballot, [{"票号": serials(ballot)[0], "第1题": "赞成"}], "--entry", "1", "--apply")
    assert done["empty"] == 2
    assert PaperEntry.objects.get().marks == '{"1":["赞成"],"2":[],"3":[]}'


@pytest.mark.parametrize(
    ("change", "cell", "reason"),
    [
        ({"票号": "W2-0419-K"}, "B2", "没有"),
        ({"票号": ""}, "B2", "票号没有填"),
        ({"票号": "0000-0099-7"}, "B2", "票号"),
        ({"第1题": "同意"}, "C2", "看不懂"),
        ({"第2题": 4}, "D2", "看不懂"),
        ({"第2题": "1.5"}, "D2", "看不懂"),
        ({"第3题": "1,1"}, "A2", "看不懂"),
        ({"第3题": "未填,1"}, "A2", "看不懂"),
        ({"整票无效": "不好看"}, "E2", "不是整票无效的原因"),
    ],
)
def test_a_fault_is_told_by_its_cell_and_nothing_is_written(
    capsys: Any, tmp_path: Path, ballot: Ballot, change: dict[str, Any], cell: str, reason: str
) -> None:
    good = rows(ballot)
    told = run(capsys, tmp_path, ballot, [good[0] | change, *good[1:]], "--entry", "1", "--apply", code=1)
    assert [(e["sheet"], e["cell"]) for e in told["errors"]] == [("选票", cell)]
    assert reason in told["errors"][0]["reason"]
    assert not PaperEntry.objects.exists()


def test_a_paper_twice_and_a_late_one(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    good = rows(ballot)
    told = run(capsys, tmp_path, ballot, [*good, good[0]], "--entry", "1", "--apply", code=1)
    assert "第2行已经有这张票" in told["errors"][0]["reason"]
    late = ballot.sheets.earliest("pk").paper
    assert late is not None
    type(late).objects.filter(pk=late.pk).update(state="late")
    assert run(capsys, tmp_path, ballot, good, "--entry", "1", code=1)["errors"][0]["cell"] == "B2"


def test_not_while_papers_are_still_coming_in_and_not_of_no_ballot(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    sent = rows(ballot)
    Ballot.objects.filter(pk=ballot.pk).update(state="issuing")
    assert "不在计票" in run(capsys, tmp_path, ballot, sent, "--entry", "1", code=1)["errors"][0]["reason"]
    for name in ("11010700303701/9", "x", "11010700303701/²"):
        assert run(capsys, tmp_path, ballot, sent, "--entry", "1", code=1, name=name)["errors"]


def test_a_person_needs_the_office(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    stranger = factories.user("community_clerk", "110107003038")
    told = run(capsys, tmp_path, ballot, rows(ballot), "--entry", "1", "--as", stranger.username, code=1)
    assert "没有办这件事的任职" in told["errors"][0]["reason"]


def test_an_unknown_heading_is_refused_by_name(capsys: Any, tmp_path: Path, ballot: Ballot) -> None:
    told = run(capsys, tmp_path, ballot, rows(ballot), "--entry", "1", code=1, headings=(*HEADINGS, "第4题"))
    assert any("第4题" in error["reason"] for error in told["errors"])


def test_the_template_is_read_as_it_is_written(tmp_path: Path, ballot: Ballot) -> None:
    """Only its example's serial is no paper of the ballot."""
    out = tmp_path / "选票.xlsx"
    call_command("template", "papers", str(out))
    for content in (out.read_bytes(), papers_template(printed_of(ballot))):
        file = read_papers(content, ballot)
        assert (file.rows, [error.cell for error in file.errors]) == (1, ["A2"])
