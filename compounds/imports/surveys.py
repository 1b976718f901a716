"""A survey's workbook: sheet 问卷, a household a row, a column per question (contracts.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compounds.documents.surveys import Household, import_notes
from compounds.rules import Address, AddressNotUnderstood, parse_dwelling
from compounds.rules.surveys import PROGRAMME_QUESTIONS, TEXT, Asked, read_answer
from core.money import NotUnderstood, quoted
from core.spreadsheets import (
    CellError,
    Column,
    Figure,
    Row,
    Sheet,
    Table,
    read_workbook,
    shortened,
    text_of,
    write_workbook,
)

DWELLING = "房屋"


@dataclass(frozen=True, slots=True)
class SheetsFile:
    """A workbook of answers as read: by dwelling and question number, and what is wrong, by cell."""

    rows: int
    answers: Mapping[int, Mapping[int, str]]
    errors: tuple[CellError, ...]


def read_sheets(content: bytes, questions: Sequence[Asked], households: Sequence[Household]) -> SheetsFile:
    """Read the answers of a survey's households; a row without any answer is no answer.

    :raises WorkbookRefused: if it is no workbook, or not one with this sheet and these headings.
    """
    columns = (Column(DWELLING, True), *(Column(_heading(asked.number)) for asked in questions))
    rows = read_workbook(content, {"sheets": Sheet("问卷", columns)})["sheets"]
    exact = {Address(h.building, h.entrance, h.room): h.key for h in households}
    without_entrance: dict[tuple[str, str], list[int]] = {}
    for household in households:
        without_entrance.setdefault((household.building, household.room), []).append(household.key)
    answers: dict[int, dict[int, str]] = {}
    first: dict[int, int] = {}
    errors: list[CellError] = []
    for row in rows:
        key = _dwelling(row, exact, without_entrance, errors)
        told = _answers(row, questions, errors)
        if key is None:
            continue
        if key in first:
            errors.append(row.error(DWELLING, f"第{first[key]}行已经有这一户。同一户只留一行。"))
            continue
        first[key], answers[key] = row.number, told
    return SheetsFile(len(rows), answers, tuple(shortened(errors)))


def _heading(number: int) -> str:
    return f"第{number}题"


def _dwelling(
    row: Row,
    exact: Mapping[Address, int],
    without_entrance: Mapping[tuple[str, str], list[int]],
    errors: list[CellError],
) -> int | None:
    """Return the household that a row names, or note why there is none."""
    try:
        typed = row.text(DWELLING)
    except NotUnderstood as problem:
        errors.append(row.error(DWELLING, str(problem)))
        return None
    if not typed:
        errors.append(row.error(DWELLING, "房屋没有填。"))
        return None
    try:
        address = parse_dwelling(typed)
    except AddressNotUnderstood:
        errors.append(row.error(DWELLING, f"房屋{quoted(typed)}看不懂。请填3-2-501这样的房号。"))
        return None
    if address in exact:
        return exact[address]
    found = [] if address.entrance else without_entrance.get((address.building, address.room), [])
    if len(found) > 1:
        errors.append(row.error(DWELLING, f"不止一个单元有{quoted(typed)}，请把单元也写上。"))
        return None
    if not found:
        errors.append(row.error(DWELLING, f"小区没有{quoted(typed)}这一户住户。"))
        return None
    return found[0]


def _answers(row: Row, questions: Sequence[Asked], errors: list[CellError]) -> dict[int, str]:
    """Return a row's answers by question number, and note what cannot be read."""
    told = {}
    for asked in questions:
        heading = _heading(asked.number)
        try:
            value = read_answer(asked, text_of(row[heading], multiline=asked.kind == TEXT))
        except NotUnderstood as problem:
            errors.append(row.error(heading, str(problem)))
            continue
        if value:
            told[asked.number] = value
    return told


def survey_template() -> bytes:
    """Return the empty workbook of the programme's own questionnaire: headings, one example row, notes."""
    questions = [
        Asked(q.kind, q.text, q.options, q.unit, q.purpose, number)
        for number, q in enumerate(PROGRAMME_QUESTIONS, start=1)
    ]
    example: list[object] = ["3-2-501"]
    by_kind = {"single": Figure("1"), "several": "1,3", "number": Figure("20"), "text": "路灯不亮"}
    example += [by_kind[asked.kind] for asked in questions]
    headings = [DWELLING, *(_heading(asked.number) for asked in questions)]
    notes = [
        *import_notes(questions),
        "第二行是例子，请换成您的。题目以小区自己那份问卷为准：在调查页面下载的录入表已经列好各户。",
    ]
    return write_workbook([Table("问卷", headings, [example], [14] * len(headings))], notes)
