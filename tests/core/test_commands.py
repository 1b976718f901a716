"""The base of all commands: what stands on stdout and stderr, and how a command ends."""

from __future__ import annotations

import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management.base import CommandParser

from core.commands import ProductCommand, Refused, date_argument, month_argument
from core.models import SYSTEM, SYSTEM_2, User
from core.spreadsheets import CellError, WorkbookRefused

pytestmark = pytest.mark.django_db


class Greet(ProductCommand):
    """A command for these tests."""

    two_persons = True
    work: Callable[[Greet], dict[str, Any]]

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--version", type=int, default=1)

    def run(self, **options: Any) -> dict[str, Any]:
        return type(self).work(self)


def called(work: Callable[[Greet], dict[str, Any]], *args: str) -> tuple[object, str, str]:
    """Return exit code, stdout and stderr."""
    Greet.work = work
    out, err = StringIO(), StringIO()
    command = Greet(stdout=out, stderr=err, no_color=True)  # type: ignore[arg-type]
    command._called_from_command_line = True
    code: object = 0
    try:
        options = vars(command.create_parser("manage.py", "greet").parse_args(list(args)))
        command.execute(**{key: value for key, value in options.items() if key != "args"})
    except SystemExit as end:
        code = end.code
    return code, out.getvalue(), err.getvalue()


def refuse(*errors: dict[str, str], **extra: Any) -> Callable[[Greet], dict[str, Any]]:
    def work(command: Greet) -> dict[str, Any]:
        raise Refused("不行。", errors, **extra)

    return work


def test_done_is_0_with_figures_for_people_or_one_object() -> None:
    assert called(lambda c: {"issued": 3, "errors": []}) == (0, "issued: 3\n", "")
    code, out, err = called(lambda c: {"issued": "三"}, "--json")
    assert (code, json.loads(out), err) == (0, {"issued": "三"}, "")
    assert "三" in out


def test_refused_is_1_with_the_reason_on_stderr_only() -> None:
    assert called(refuse()) == (1, "", "不行。\n")
    assert called(refuse({"sheet": "收支", "cell": "E7", "reason": "看不懂。"}, {"reason": "没有。"})) == (
        1,
        "",
        "不行。\n收支 E7：看不懂。\n没有。\n",
    )


def test_refused_with_json_is_one_object_with_errors_and_nothing_else() -> None:
    code, out, err = called(refuse(), "--json")
    assert (code, json.loads(out), err) == (1, {"errors": [{"reason": "不行。"}]}, "")
    code, out, err = called(refuse({"cell": "E7", "reason": "看不懂。"}, rows=5), "--json")
    assert json.loads(out) == {"rows": 5, "errors": [{"cell": "E7", "reason": "看不懂。"}]}


def test_a_refused_workbook_is_a_refusal() -> None:
    def work(command: Greet) -> dict[str, Any]:
        raise WorkbookRefused([CellError("收支", "A1", "不认识。"), CellError("收支", "B1", "两次。")])

    code, out, _ = called(work, "--json")
    assert (code, [error["cell"] for error in json.loads(out)["errors"]]) == (1, ["A1", "B1"])
    assert called(work) == (1, "", "A1：不认识。另有1处。\n收支 A1：不认识。\n收支 B1：两次。\n")


def test_wrong_use_is_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert called(lambda c: {}, "--wrong")[0] == 2
    assert called(lambda c: {}, "--version", "x")[0] == 2
    assert called(lambda c: {}, "--version", "2")[0] == 0


def test_two_persons_and_the_clock_are_known() -> None:
    User.objects.create(username="wuli", name="吴丽", created_at="2026-01-01T00:00:00Z")

    def work(command: Greet) -> dict[str, Any]:
        return {"who": [command.actor.username, command.second.username], "aware": command.at.tzinfo is not None}

    assert json.loads(called(work, "--json")[1]) == {"who": [SYSTEM, SYSTEM_2], "aware": True}
    assert json.loads(called(work, "--json", "--as", "wuli")[1])["who"] == ["wuli", SYSTEM_2]
    for option in ("--as", "--second"):
        code, out, err = called(work, option, "nobody")
        assert (code, out) == (1, "")
        assert "nobody" in err


def test_arguments_of_months_and_days() -> None:
    assert month_argument("2026-10") == date(2026, 10, 1)
    assert date_argument("2026-10-9") == date(2026, 10, 9)
    for parse in (month_argument, date_argument):
        with pytest.raises(ArgumentTypeError, match="看不懂"):
            parse("2026-13-01")


def test_a_file_that_is_not_there_is_refused() -> None:
    assert called(lambda c: {"read": len(c.read_file("/nowhere/x.xlsx"))}) == (1, "", '读不到文件"/nowhere/x.xlsx"。\n')
