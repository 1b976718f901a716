"""The workbook of papers: sheet 选票, a paper a row, a column per question (contracts.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ballots.choices import InvalidReason, PaperState, VoidReason
from ballots.documents.entering import Printed, printed_of
from ballots.models import Ballot, Sheet
from ballots.operations.refusals import BallotRefusal, EnteredTwice, NoSheet
from ballots.rules.entries import BLANK_WORD, NotAnAnswer, Said, read_answer, say
from core.codes import read_code
from core.money import NotUnderstood, half_width, quoted
from core.spreadsheets import (
    CellError,
    Column,
    Figure,
    Row,
    Table,
    read_workbook,
    shortened,
    text_of,
    write_workbook,
)
from core.spreadsheets import Sheet as Columns

SERIAL, VOID, SHEET = "票号", "整票无效", "选票"
_ROUND = {1: "第一遍", 2: "第二遍"}


@dataclass(frozen=True, slots=True)
class PapersFile:
    """A workbook of papers as read: what each sheet says, by its key, the row it stands in, and what is wrong.

    ``empty``: how many cells of questions are empty.
    """

    rows: int
    said: dict[int, Said]
    lines: dict[int, Row]
    empty: int
    errors: tuple[CellError, ...]


def read_papers(content: bytes, ballot: Ballot) -> PapersFile:
    """Read what papers of a ballot say.

    :raises WorkbookRefused: if it is no workbook, or not one with this sheet and these headings.
    """
    printed = printed_of(ballot)
    columns = (Column(SERIAL, True), *(Column(_heading(p.number)) for p in printed), Column(VOID))
    rows = read_workbook(content, {"papers": Columns(SHEET, columns)})["papers"]
    papers = {
        serial: (sheet, state)
        for sheet, serial, state in Sheet.objects.filter(ballot=ballot).values_list(
            "pk", "paper__serial", "paper__state"
        )
    }
    said: dict[int, Said] = {}
    lines: dict[int, Row] = {}
    errors: list[CellError] = []
    empty = 0
    for row in rows:
        found = _sheet(row, papers, errors)
        told, blank = _said(row, printed, errors)
        if found is None or told is None:
            continue
        if found in said:
            errors.append(row.error(SERIAL, f"第{lines[found].number}行已经有这张票。同一张票只留一行。"))
            continue
        said[found], lines[found] = told, row
        empty += blank
    return PapersFile(len(rows), said, lines, empty, tuple(shortened(errors)))


def _heading(number: int) -> str:
    return f"第{number}题"


def _sheet(row: Row, papers: dict[str, tuple[int, str]], errors: list[CellError]) -> int | None:
    """Return the key of the sheet that a row names, or note why there is none."""
    try:
        typed = row.text(SERIAL)
    except NotUnderstood as problem:
        errors.append(row.error(SERIAL, str(problem)))
        return None
    if not typed:
        errors.append(row.error(SERIAL, "票号没有填。"))
        return None
    code = read_code(typed)
    if code is None:
        errors.append(row.error(SERIAL, f"没有{quoted(typed)}这个票号。最后一位对不上，请再看一遍票号。"))
        return None
    found = papers.get(code)
    if found is None or found[1] != PaperState.RETURNED:
        errors.append(row.error(SERIAL, f"{quoted(typed)}不是这次表决按时收回的票。"))
        return None
    return found[0]


def _said(row: Row, printed: Sequence[Printed], errors: list[CellError]) -> tuple[Said | None, int]:
    """Return what a row says and how many of its cells are empty, which is 未填; None where a cell cannot be read.

    A void paper's other cells are not read.
    """
    before = len(errors)
    void = _void(row, errors)
    if void:
        return Said(void=void), 0
    answers: dict[int, list[str]] = {}
    empty = 0
    for p in printed:
        heading = _heading(p.number)
        try:
            text = half_width(text_of(row[heading])).replace("、", ",")
            parts = [part.strip() for part in text.split(",") if part.strip()]
            empty += not parts
            answers[p.number] = parts or [BLANK_WORD]
            read_answer(p.asked, answers[p.number])
        except NotUnderstood as problem:
            errors.append(row.error(heading, str(problem)))
        except NotAnAnswer as problem:
            errors.append(row.error(heading, _wrong(p, problem.typed)))
    reasons = {p.number: InvalidReason.OTHER.value for p in printed}  # the workbook does not say why
    return (None if len(errors) > before else say([p.asked for p in printed], answers, reasons)), empty


def _void(row: Row, errors: list[CellError]) -> str:
    try:
        typed = row.text(VOID)
    except NotUnderstood as problem:
        errors.append(row.error(VOID, str(problem)))
        return ""
    reasons = {label: value for value, label in VoidReason.choices}
    if typed and typed not in reasons:
        errors.append(row.error(VOID, f"{quoted(typed)}不是整票无效的原因。可以填：{'、'.join(reasons)}。"))
        return ""
    return reasons.get(typed, "")


def _wrong(printed: Printed, typed: str) -> str:
    allowed = f"1到{printed.asked.options}的数字" if printed.options else "赞成、反对"
    return f"第{printed.number}题看不懂{quoted(typed)}。可以填：{allowed}、弃权、未填、无效。"


def word_rows(file: PapersFile, problems: dict[int, BallotRefusal]) -> list[CellError]:
    """Return what the operation refused, by the cell of each paper's serial."""
    return shortened(file.lines[key].error(SERIAL, _refused(problem)) for key, problem in sorted(problems.items()))


def _refused(problem: BallotRefusal) -> str:
    if isinstance(problem, EnteredTwice):
        return f"这张票的{_ROUND.get(problem.round, '这一遍')}已经录过，和这一行不一样，或者是别人录的。"
    if isinstance(problem, NoSheet):
        return "这张票刚才改成没有收回，请核对以后再导入。"
    return "这张票的另一遍是同一个人录的。两遍要由两个人录。"


def papers_template(printed: Sequence[Printed] = ()) -> bytes:
    """Return the empty workbook of papers: headings, one example row, notes; by default of three questions."""
    numbers = [p.number for p in printed] or [1, 2, 3]
    example = [_example(p) for p in printed] or ["赞成", Figure("2"), "1,3"]
    headings = [SERIAL, *(_heading(number) for number in numbers), VOID]
    notes = [
        "一行是一张收回的票。第二行是例子，请换成您的。票号照票上印的写，横线写不写都行。",
        "选项题写选项的序号，选了几项用逗号分开，例如1,3；赞成、反对、弃权照写。",
        "没有选的写“未填”，空着也算未填。认不清、画在两格之间的写“无效”。选多了照样写出来，系统记为本题无效。",
        f"整张票无效的，在“{VOID}”里写原因，别的格可以空着：{'、'.join(VoidReason.labels)}。",
        "第一遍和第二遍要由两个人分别录，各是一个文件。同一个文件再导入一次，什么都不会变。",
    ]
    return write_workbook([Table(SHEET, headings, [["7K2M-9QXA-C", *example, ""]], [16] * len(headings))], notes)


def _example(printed: Printed) -> object:
    return "赞成" if not printed.options else "1,2" if printed.several else Figure("1")
