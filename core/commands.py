"""The base of the product's commands: exit codes, ``--json``, and in whose name a command writes."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, ProgrammingError
from django.utils import timezone

from core.models import SYSTEM, SYSTEM_2, User
from core.money import NotUnderstood, parse_date, parse_month
from core.spreadsheets import MAX_FILE_BYTES, WorkbookRefused


class Refused(Exception):
    """The command was understood and not done; nothing changed.

    ``errors`` are dicts with at least a ``reason``; ``extra`` joins the JSON object beside them.
    """

    def __init__(self, reason: str, errors: Iterable[Mapping[str, Any]] = (), **extra: Any) -> None:
        super().__init__(reason)
        self.reason = reason
        self.errors = [dict(error) for error in errors] or [{"reason": reason}]
        self.extra = extra


class ProductCommand(BaseCommand):
    """A command of ours: ``run`` returns the result as a dict; exit 0 done, 1 refused, 2 wrong use.

    A subclass says its arguments in ``arguments`` and its work in ``run``; there ``self.actor``, ``self.second``
    (with ``two_persons``) and ``self.at`` are known. ``lines`` words the result for people.
    """

    writes = True
    two_persons = False
    # Printers and fonts are checked where they are used; a command answers at once.
    requires_system_checks: list[str] = []

    actor: User
    second: User
    at: datetime

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # "resolve", so that a command may have an option --version of its own (ledger).
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="输出一个JSON对象")
        if self.writes:
            parser.add_argument("--as", default=SYSTEM, metavar="USERNAME", help="以谁的名义")
        if self.two_persons:
            parser.add_argument("--second", default=SYSTEM_2, metavar="USERNAME", help="第二个人")
        self.arguments(parser)

    def arguments(self, parser: CommandParser) -> None:
        """Add the command's own arguments."""

    def run(self, **options: Any) -> dict[str, Any]:
        """Do the work and return the result, ready for JSON.

        :raises Refused: and nothing is changed.
        """
        raise NotImplementedError

    def lines(self, result: dict[str, Any]) -> Iterable[str]:
        """Word the result for people; by default one line per figure."""
        return [f"{key}: {value}" for key, value in result.items() if not isinstance(value, (list, dict))]

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options["json"]
        try:
            self.at = timezone.now()
            if self.writes:
                self.actor = self.find_user(options["as"])
            if self.two_persons:
                self.second = self.find_user(options["second"])
            result = self.run(**options)
        except WorkbookRefused as refused:
            self._refuse(Refused(str(refused), [error.as_dict() for error in refused.errors]), as_json)
        except Refused as refused:
            self._refuse(refused, as_json)
        except (OperationalError, ProgrammingError) as problem:
            self._refuse(Refused(f"数据库没有准备好：{problem}".strip()), as_json)
        if as_json:
            self._print_json(result)
            return
        for line in self.lines(result):
            self.stdout.write(line)

    def _refuse(self, refused: Refused, as_json: bool) -> None:
        """Say why on stderr, or as JSON on stdout, and end with 1."""
        if as_json:
            self._print_json({**refused.extra, "errors": refused.errors})
        else:
            self.stderr.write(refused.reason)
            for error in refused.errors:
                where = " ".join(str(error[key]) for key in ("sheet", "cell") if error.get(key))
                if where or error["reason"] != refused.reason:
                    self.stderr.write(f"{where}：{error['reason']}" if where else error["reason"])
        raise SystemExit(1)

    def _print_json(self, data: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(data, ensure_ascii=False, indent=1))

    def find_user(self, username: str) -> User:
        """Return the account in whose name the command writes.

        :raises Refused: if there is none of this name or it is switched off.
        """
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise Refused(f'没有"{username}"这个账号，或者已经停用。')
        return user

    def require(self, user: User, allowed: bool) -> None:
        """Let only those act who could on the pages; the machine accounts need no appointment.

        :raises Refused: for a person without the role.
        """
        if not (allowed or user.is_machine):
            raise Refused(f"{user}（{user.username}）没有办这件事的任职。")

    def write_bytes(self, content: bytes, path: str | None, *, quiet: bool) -> None:
        """Write bytes to a file, or without one to stdout unless ``quiet``.

        :raises Refused: if the file cannot be written.
        """
        if path:
            try:
                with open(path, "wb") as out:
                    out.write(content)
            except OSError as problem:
                raise Refused(f"写不了{path}：{problem.strerror}。") from None
        elif not quiet:
            out_bytes = getattr(self.stdout, "buffer", None) or getattr(sys.stdout, "buffer", None)
            if out_bytes is not None:
                self.stdout.flush()
                out_bytes.write(content)
                out_bytes.flush()

    def read_file(self, path: str | Path) -> bytes:
        """Return a file's bytes, at most one more than a workbook may have.

        :raises Refused: if it is not there or cannot be read.
        """
        try:
            with open(path, "rb") as file:
                return file.read(MAX_FILE_BYTES + 1)
        except OSError:
            raise Refused(f'读不到文件"{path}"。') from None


def month_argument(text: str) -> date:
    """Return the first day of a month given on the command line (2026-10); a wrong one is wrong use."""
    try:
        return parse_month(text)
    except NotUnderstood as problem:
        raise ArgumentTypeError(str(problem)) from None


def date_argument(text: str) -> date:
    """Return a date given on the command line; a wrong one is wrong use."""
    try:
        return parse_date(text)
    except NotUnderstood as problem:
        raise ArgumentTypeError(str(problem)) from None
