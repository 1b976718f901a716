"""Whether a posted ledger still says what was posted, and whether a file is one: recomputed each time it is asked.

``verify_books`` (fees.verification) judges whole books from the first voucher on; a verdict judges one ledger with a
fixed number of queries, for anyone, from the data that hangs out and the vouchers behind it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Q

from compounds.models import Compound
from core.codes import read_code
from core.hashing import sha256_bytes
from core.models import Document, DocumentFile
from core.operations import read_bytes
from fees.documents import BookPart, Ledger, data_hash, standing_before
from fees.models import Book, Voucher, VoucherLine
from fees.models import Ledger as LedgerRow
from fees.rules import (
    LINE_COLUMNS,
    VOUCHER_COLUMNS,
    ZERO,
    add_up,
    genesis,
    lines_hash,
    opening_hash,
    previous_month,
    voucher_hash,
)

SCHEMA = "ledger/1"
FIGURES = ("opening", "income", "expense", "closing")
# How many differing lines are worth showing; the rest is counted.
SHOWN_LINES = 10
# Whatever a changed row or file can make of reading it.
_UNREADABLE = (ValueError, KeyError, TypeError, ArithmeticError, AttributeError, IndexError, RecursionError)


@dataclass(frozen=True)
class Check:
    """One thing that was recomputed; ``count`` says over how many, ``month`` what was compared with."""

    key: str
    ok: bool
    count: int = 0
    month: date | None = None


@dataclass(frozen=True)
class Figure:
    """One of the four figures: what the file says (None where it cannot be read), what was issued; yuan."""

    key: str
    yours: Decimal | None
    issued: Decimal

    @property
    def same(self) -> bool:
        return self.yours == self.issued

    @property
    def difference(self) -> Decimal | None:
        """By how much they are apart, without a sign; yuan."""
        return None if self.yours is None else abs(self.yours - self.issued)


@dataclass(frozen=True)
class LineDifference:
    """A line of the file that was issued otherwise, or not at all; its text and amount on either side."""

    book: str
    number: int | None
    yours: str
    yours_amount: str
    issued: str
    issued_amount: str


@dataclass(frozen=True)
class Verdict:
    """What was found.

    ``outcome``: *genuine* (recomputed, unchanged), *altered* (what is stored no longer fits), *identical* (these
    bytes were issued), *same* (these data were issued, saved anew), *different* (a ledger, with other content),
    *unknown* (nothing of ours).
    """

    outcome: str
    document: Document | None = None
    ledger: Ledger | None = None
    checks: tuple[Check, ...] = ()
    figures: tuple[Figure, ...] = ()
    lines: tuple[LineDifference, ...] = ()
    more_lines: int = 0
    newer: int | None = None
    format: str = ""

    @property
    def is_genuine(self) -> bool:
        return self.outcome in ("genuine", "identical", "same")

    @property
    def is_latest(self) -> bool:
        return self.document is not None and self.newer is None

    @property
    def different_figures(self) -> tuple[Figure, ...]:
        return tuple(figure for figure in self.figures if not figure.same)


# --- A document ---------------------------------------------------------------------------------------------------


def verify_document(document: Document) -> Verdict:
    """Recompute one issued ledger: its hash, its sums, the month before, the vouchers, their chain, the files.

    Source: Q7④; quality.md R18.
    """
    row = document.ledger
    neighbours = list(
        LedgerRow.objects.of(row.compound)
        .filter(
            Q(code=row.code)
            | Q(last_month=previous_month(row.first_month), first_month=previous_month(row.first_month))
        )
        .exclude(pk=row.pk)
        .select_related("document")
        .order_by("version")
    )
    newer = max((n.version for n in neighbours if n.code == row.code and n.version > row.version), default=None)
    before = next((n for n in reversed(neighbours) if n.code != row.code), None)
    try:
        data = json.loads(document.data)
        ledger = Ledger.from_data(data)
    except _UNREADABLE:
        return Verdict("altered", document, checks=(Check("registered", True), Check("hash", False)), newer=newer)
    books = list(Book.objects.of(row.compound).select_related("opening"))
    checks = (
        Check("registered", True),
        Check("sums", _holds(adds_up, ledger), count=ledger.line_count),
        _opening_check(row, ledger, before, books),
        *_voucher_checks(row.compound, ledger, books),
        *_correction_checks(row, ledger),
        Check("hash", _holds(_hash_fits, document, data)),
        Check("files", _files_fit(document)),
    )
    outcome = "genuine" if all(check.ok for check in checks) else "altered"
    return Verdict(outcome, document, ledger, checks, newer=newer)


def _holds(test: Any, *args: Any) -> bool:
    """Return what a test says; what can no longer be read does not hold."""
    try:
        return bool(test(*args))
    except _UNREADABLE:
        return False


def _hash_fits(document: Document, data: Mapping[str, Any]) -> bool:
    return data_hash(data) == data["sha256"] == document.sha256 and data["code"] == document.code


def _files_fit(document: Document) -> bool:
    """Return whether every stored file is there with its bytes, and the JSON file is the data itself."""
    files = list(document.files.all())
    try:
        fit = all(sha256_bytes(read_bytes(file.sha256)) == file.sha256 for file in files)
    except OSError:
        return False
    own = sha256_bytes(document.data.encode(errors="replace"))
    return fit and all(file.sha256 == own for file in files if file.format == "json")


def adds_up(ledger: Ledger) -> bool:
    """Return whether a ledger's lines give its sums, balances, sources and service lines, to the cent."""
    for book in ledger.books:
        totals = add_up(book.opening, ((line.direction, line.amount, False) for line in book.lines))
        if any(getattr(book, name) != value for name, value in vars(totals).items()) or book.closing != totals.closing:
            return False
        if book.cash + book.bank + book.qr != book.closing or not _runs(book):
            return False
    lines = [line for book in ledger.books for line in book.lines]
    sums: dict[str, dict[str, Decimal]] = {"received": {}, "spent": {}, "served": {}}
    for line in lines:
        if line.direction == "income":
            _add(sums["received"], line.source, line.amount)
        elif line.direction == "expense":
            _add(sums["spent"], line.source, line.amount)
            _add(sums["served"], line.service_line, line.amount)
    return all(
        source.received == sums["received"].get(source.key, ZERO)
        and source.spent == sums["spent"].get(source.key, ZERO)
        for source in ledger.sources
    ) and all(line.spent == sums["served"].get(line.key, ZERO) for line in ledger.service_lines)


def _add(sums: dict[str, Decimal], key: str | None, amount: Decimal) -> None:
    if key:
        sums[key] = sums.get(key, ZERO) + amount


def _runs(book: BookPart) -> bool:
    """Return whether the balance after every line follows from the one before, and ends at the closing."""
    balance = book.opening
    for line in book.lines:
        balance = add_up(balance, [(line.direction, line.amount, False)]).closing
        if balance != line.balance:
            return False
    return balance == book.closing


def _opening_check(row: LedgerRow, ledger: Ledger, before: LedgerRow | None, books: list[Book]) -> Check:
    """Compare the opening with the closing of the ledger before, or where none hangs with the books themselves."""
    month = previous_month(row.first_month)
    try:
        if before is not None:
            earlier = Ledger.from_data(json.loads(before.document.data))
            ends = {book.book: (book.closing, book.held_balance) for book in earlier.books}
        else:
            standing = standing_before(row.compound, row.first_month)
            ends = {b.kind: (standing.books.get(b.pk, ZERO), standing.held.get(b.pk, ZERO)) for b in books}
        ok = all(ends.get(b.book, (ZERO, ZERO)) == (b.opening, b.held_balance - b.held) for b in ledger.books)
    except _UNREADABLE:
        ok = False
    return Check("opening" if before is not None else "opening_books", ok, month=month)


def _correction_checks(row: LedgerRow, ledger: Ledger) -> tuple[Check, ...]:
    """Compare a correction's list with the vouchers that it names, and its books with the version before it."""
    if row.version == 1 and not ledger.corrections:
        return ()
    try:
        ok = bool(ledger.corrections) and _corrections_hold(row, ledger)
    except _UNREADABLE:
        ok = False
    return (Check("corrections", ok, count=len(ledger.corrections)),)


def _corrections_hold(row: LedgerRow, ledger: Ledger) -> bool:
    earlier = LedgerRow.objects.of(row.compound).filter(code=row.code, version=row.version - 1)
    before = Ledger.from_data(json.loads(earlier.select_related("document").get().document.data))
    older = [c for c in ledger.corrections if c.version < row.version]
    if older != list(before.corrections) or older == list(ledger.corrections):
        return False
    for book in ledger.books:
        was = before.book(book.book)
        if any(getattr(book, name) != getattr(was, name) for name in BookPart.MONEY):
            return False
    posted = {
        (v["book__kind"], v["year"], v["number"]): v
        for v in Voucher.objects.of(row.compound)
        .filter(
            number__in={c.number for c in ledger.corrections}
            | {c.booked.number for c in ledger.corrections if c.booked}
        )
        .values("book__kind", "year", "number", "on", "amount")
    }
    for c in ledger.corrections:
        wrong = posted.get((c.book, c.on.year, c.number))
        if wrong is None or (wrong["on"], wrong["amount"]) != (c.on, c.amount):
            return False
        if not ledger.first_on <= c.on <= ledger.last_on:
            return False
        if c.booked is not None:
            right = posted.get((c.book, c.booked.on.year, c.booked.number))
            if right is None or (right["on"], right["amount"]) != (c.booked.on, c.booked.amount):
                return False
            if c.booked.on <= ledger.last_on or c.booked.period != f"{c.booked.on:%Y-%m}":
                return False
    latest = {(c.book, c.on.year, c.number, c.line): c.text for c in ledger.corrections if c.line is not None}
    return all(_text_at(ledger, *place) == text for place, text in latest.items())


def _text_at(ledger: Ledger, book: str, year: int, number: int, line: int | None) -> str | None:
    """Return the words that a voucher's line has in a ledger."""
    own = [x for x in ledger.book(book).lines if (x.on.year, x.number) == (year, number)]
    return own[line - 1].summary if line is not None and 0 < line <= len(own) else None


def _voucher_checks(compound: Compound, ledger: Ledger, books: list[Book]) -> tuple[Check, ...]:
    """Compare the ledger with the vouchers behind it: numbers, lines, and the chain with the printed anchors."""
    try:
        return _judge_vouchers(compound, ledger, books)
    except _UNREADABLE:
        return (Check("numbers", False), Check("lines", False), Check("chain", False))


def _judge_vouchers(compound: Compound, ledger: Ledger, books: list[Book]) -> tuple[Check, ...]:
    rows = list(
        Voucher.objects.of(compound)
        .between(ledger.first_on, ledger.last_on)
        .in_ledger_order()
        .values("id", "book__kind", "hash", *VOUCHER_COLUMNS)
    )
    lines: dict[int, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    of_month = VoucherLine.objects.filter(voucher__in=lines).order_by("voucher", "position")
    for line in of_month.values("voucher_id", *LINE_COLUMNS):
        lines[line["voucher_id"]].append(line)
    return (
        Check("numbers", _without_gaps(compound, ledger), count=len(rows)),
        Check("lines", _same_lines(ledger, rows, lines)),
        Check("chain", _chain_holds(compound, ledger, books, rows, lines)),
    )


def _without_gaps(compound: Compound, ledger: Ledger) -> bool:
    """Return whether every book's numbers of the year run from 1 without a gap."""
    years = range(ledger.first_on.year, ledger.last_on.year + 1)
    counted = Voucher.objects.of(compound).filter(year__in=years).order_by().values("book", "year")
    return all(each["n"] == each["top"] for each in counted.annotate(n=Count("pk"), top=Max("number")))


def _same_lines(ledger: Ledger, rows: list[dict[str, Any]], lines: Mapping[int, list[dict[str, Any]]]) -> bool:
    """Return whether the ledger lists exactly the vouchers' lines: number, day, direction, text, amounts."""
    for book in ledger.books:
        posted = [
            (
                row["number"], row["on"], row["direction"], line["account_name"],
                ZERO if row["to_account_id"] else line["amount"],
                line["quantity"] or None, line["unit_price"] or None,
                line["source"] or None, line["service_line"] or None,
            )
            for row in rows
            if row["book__kind"] == book.book
            for line in lines[row["id"]]
        ]  # fmt: skip
        texts = [line["summary"] for row in rows if row["book__kind"] == book.book for line in lines[row["id"]]]
        shown = [
            (
                line.number, line.on, line.direction, line.account, line.amount, line.quantity, line.unit_price,
                line.source, line.service_line,
            )
            for line in book.lines
        ]  # fmt: skip
        # A transfer's text goes on with what moved where; of corrected words the replaced ones are the voucher's.
        said = [line.was or line.summary for line in book.lines]
        if posted != shown or not all(x.startswith(text) for x, text in zip(said, texts, strict=True)):
            return False
    return True


def _chain_holds(
    compound: Compound,
    ledger: Ledger,
    books: list[Book],
    rows: list[dict[str, Any]],
    lines: Mapping[int, list[dict[str, Any]]],
) -> bool:
    """Return whether each voucher's hash is right and follows its predecessor's, and the printed anchors stand."""
    wanted = {row["seq"] - 1 for row in rows} | {anchor.count for anchor in ledger.anchors}
    links = Voucher.objects.of(compound).filter(seq__in=wanted).values_list("book__kind", "seq", "hash")
    hashes = {(kind, seq): stored for kind, seq, stored in links}
    for book in books:
        opening = getattr(book, "opening", None)  # a book may begin without
        recomputed = opening_hash(vars(opening)) if opening else genesis(compound.code, book.kind)
        hashes[book.kind, 0] = recomputed if opening is None or recomputed == opening.hash else ""
    for row in rows:
        kind, own = row["book__kind"], lines[row["id"]]
        before = hashes.get((kind, row["seq"] - 1), "")
        if (
            row["previous_hash"] != before
            or len(own) != row["line_count"]
            or sum((line["amount"] for line in own), ZERO) != row["amount"]
            or lines_hash(own) != row["lines_hash"]
            or voucher_hash(row) != row["hash"]
        ):
            return False
    return all(hashes.get((a.book, a.count)) == a.hash for a in ledger.anchors)


# --- A file -------------------------------------------------------------------------------------------------------


def compare_file(content: bytes) -> Verdict:
    """Say whether bytes were issued; a ledger's JSON that was not is held against the issued one. Keeps nothing."""
    found = (
        DocumentFile.objects.filter(sha256=sha256_bytes(content))
        .select_related("document__ledger__compound")
        .order_by("-document__version", "-pk")
        .first()
    )
    if found is not None:
        verdict = verify_document(found.document)
        return replace(verdict, outcome="identical", format=found.format) if verdict.is_genuine else verdict
    data = _ledger_data(content)
    document = _document_meant(data) if data is not None else None
    if data is None or document is None:
        return Verdict("unknown")
    verdict = verify_document(document)
    if not verdict.is_genuine or verdict.ledger is None:
        return verdict
    if _holds(_same_data, data, document):
        return replace(verdict, outcome="same", format="json")
    lines = _differing_lines(data, json.loads(document.data))
    return replace(
        verdict,
        outcome="different",
        format="json",
        checks=(),
        figures=_compared(data, verdict.ledger),
        lines=tuple(lines[:SHOWN_LINES]),
        more_lines=max(0, len(lines) - SHOWN_LINES),
    )


def _same_data(data: Mapping[str, Any], document: Document) -> bool:
    return data == json.loads(document.data) and data_hash(data) == document.sha256


def _ledger_data(content: bytes) -> dict[str, Any] | None:
    """Return the ledger's data that a file holds, or None where it is none."""
    try:
        data = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) and data.get("schema") == SCHEMA else None


def _document_meant(data: Mapping[str, Any]) -> Document | None:
    """Return the issued ledger that a file claims to be: by its code, else by compound, period and version."""
    documents = Document.objects.filter(kind="ledger").select_related("ledger__compound")
    code = data.get("code")
    if isinstance(code, str) and (read := read_code(code)):
        found = documents.filter(code=read).first()
        if found is not None:
            return found
    compound, period, version = data.get("compound"), data.get("period"), data.get("version")
    if not (isinstance(compound, dict) and isinstance(period, str) and isinstance(version, int)):
        return None
    of = compound.get("code")
    if not isinstance(of, str) or not 0 < version < 1000 or not (of + period).isprintable():
        return None
    return documents.filter(ledger__compound__code=of, ledger__code=period, ledger__version=version).first()


_AMOUNT = re.compile(r"-?[0-9]{1,15}\.[0-9]{2}")


def _amount(value: object) -> Decimal | None:
    """Return an amount as a ledger's JSON spells it, or None: 1E+999999 would be a number too."""
    return Decimal(value) if isinstance(value, str) and _AMOUNT.fullmatch(value) else None


def _compared(data: Mapping[str, Any], ledger: Ledger) -> tuple[Figure, ...]:
    """Set the four figures of a file, over both books, beside the issued ones."""
    books = data.get("books")
    rows = [book for book in books if isinstance(book, dict)] if isinstance(books, list) else []
    figures = []
    for name in FIGURES:
        amounts = [_amount(book.get(name)) for book in rows]
        known = [amount for amount in amounts if amount is not None]
        yours = sum(known, ZERO) if known and len(known) == len(amounts) else None
        figures.append(Figure(name, yours, getattr(ledger, name)))
    return tuple(figures)


def _line_rows(data: Mapping[str, Any]) -> Iterable[tuple[str, tuple[object, ...], Mapping[str, Any]]]:
    books = data.get("books")
    for book in books if isinstance(books, list) else []:
        lines = book.get("lines") if isinstance(book, dict) else None
        for line in lines if isinstance(lines, list) else []:
            if isinstance(line, dict):
                yield str(book.get("book"))[:20], tuple(str(line.get(k)) for k in ("number", "on")), line


def _differing_lines(yours: Mapping[str, Any], issued: Mapping[str, Any]) -> list[LineDifference]:
    """Return the lines that stand on one side only or otherwise, paired by book, number, day and place."""
    sides: list[dict[tuple[object, ...], Mapping[str, Any]]] = []
    for data in (yours, issued):
        seen: Counter[tuple[object, ...]] = Counter()
        side: dict[tuple[object, ...], Mapping[str, Any]] = {}
        for book, key, line in _line_rows(data):
            seen[book, key] += 1
            side[book, key, seen[book, key]] = line
        sides.append(side)
    mine, ours = sides
    found = []
    for key in [*ours, *(k for k in mine if k not in ours)]:
        one, other = mine.get(key, {}), ours.get(key, {})
        if one != other:
            number = (other or one).get("number")
            found.append(
                LineDifference(
                    book=str(key[0]),
                    number=number if isinstance(number, int) else None,
                    yours=_short(one.get("summary")),
                    yours_amount=_short(one.get("amount")),
                    issued=_short(other.get("summary")),
                    issued_amount=_short(other.get("amount")),
                )
            )
    return found


def _short(value: object) -> str:
    return "" if value is None else str(value)[:120]
