"""Recomputing the books from what is stored, believing nothing: chains, numbers, balances, ledgers, anchors, bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from compounds.models import Compound
from core.hashing import canonical_json, sha256_bytes
from core.models import DocumentFile
from core.money import plain_money
from core.operations import read_bytes
from fees.anchors import read_anchors
from fees.choices import ClosingStep, Direction
from fees.documents import data_hash
from fees.models import Book, Closing, Ledger, MoneyAccount, Opening, Voucher, VoucherEvidence, VoucherLine
from fees.rules import (
    LINE_COLUMNS,
    OPENING_COLUMNS,
    VOUCHER_COLUMNS,
    ZERO,
    account_effects,
    book_effect,
    genesis,
    last_day,
    lines_hash,
    next_month,
    opening_hash,
    voucher_hash,
)

# Whatever a changed row can make of reading it.
_UNREADABLE = (ValueError, KeyError, TypeError, ArithmeticError, AttributeError, IndexError)


@dataclass(frozen=True)
class Fault:
    """One thing that does not fit: which compound, book and voucher number, and what in words."""

    compound: str
    book: str
    number: int | None
    what: str


@dataclass
class Report:
    """What was checked and what does not fit."""

    checked: int = 0
    bad: list[Fault] = field(default_factory=list)
    anchored: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"checked": self.checked, "bad": [asdict(fault) for fault in self.bad], "anchored": self.anchored}


@dataclass(frozen=True)
class _Stored:
    """A book's vouchers as stored: rows by place in the chain, lines by voucher."""

    rows: list[dict[str, Any]]
    lines: dict[int, list[dict[str, Any]]]
    unreadable: list[int]


def _rows(queryset: QuerySet[Any], columns: tuple[str, ...]) -> tuple[list[dict[str, Any]], list[int]]:
    """Return a table's rows and the keys of those that cannot even be read (a text where a number or date belongs)."""
    names = ("pk", *columns)
    try:
        rows = list(queryset.values(*names))
        bad: list[int] = []
    except _UNREADABLE:
        rows, bad = [], []
        for key in queryset.values_list("pk", flat=True):
            try:
                rows.extend(queryset.filter(pk=key).values(*names))
            except _UNREADABLE:
                bad.append(key)
    # What is no date comes back as nothing.
    never = {f.attname for f in queryset.model._meta.concrete_fields if not f.null}
    holes = {row["pk"] for row in rows if any(v is None and k in never for k, v in row.items())}
    return [row for row in rows if row["pk"] not in holes] if holes else rows, [*bad, *holes]


def _stored(book: Book) -> _Stored:
    rows, unreadable = _rows(Voucher.objects.filter(book=book).order_by("seq"), ("id", *VOUCHER_COLUMNS, "hash"))
    of_book = VoucherLine.objects.filter(voucher__book=book).order_by("voucher", "position")
    lines, bad_lines = _rows(of_book, ("voucher_id", *LINE_COLUMNS))
    by_voucher: dict[int, list[dict[str, Any]]] = {}
    for line in lines:
        by_voucher.setdefault(line["voucher_id"], []).append(line)
    spoilt = VoucherLine.objects.filter(pk__in=bad_lines).values_list("voucher_id", flat=True)
    return _Stored(rows, by_voucher, [*unreadable, *spoilt])


def _check_chain(compound: Compound, book: Book, stored: _Stored, report: Report) -> dict[int, str]:
    """Walk a book's chain from its genesis; return the recomputed hash at every place."""

    def bad(number: int | None, what: str) -> None:
        report.bad.append(Fault(compound.code, book.kind, number, what))

    for key in stored.unreadable:
        bad(Voucher.objects.filter(pk=key).values_list("number", flat=True).first(), "有一栏读不出来")
    before = genesis(compound.code, book.kind)
    openings, unreadable = _rows(Opening.objects.filter(book=book), (*OPENING_COLUMNS, "hash"))
    if unreadable:
        bad(None, "期初有一栏读不出来")
    for opening in openings:
        if opening["previous_hash"] != before or opening_hash(opening) != opening["hash"]:
            bad(None, "期初和校验码不符")
        before = opening["hash"]
    hashes: dict[int, str] = {0: before}
    numbers: dict[int, int] = {}
    place = 0
    for row in stored.rows:
        place += 1
        lines = stored.lines.get(row["id"], [])
        year, number = row["year"], row["number"]
        numbers[year] = numbers.get(year, 0) + 1
        if row["seq"] != place:
            bad(number, f"链上缺第{place}个位置")
            place = row["seq"]
        if number != numbers[year]:
            bad(number, f"{year}年缺第{numbers[year]}号凭证")
            numbers[year] = number
        if row["on"].year != year:
            bad(number, "年度和日期不符")
        if row["previous_hash"] != before:
            bad(number, "接不上前一张凭证")
        if len(lines) != row["line_count"] or lines_hash(lines) != row["lines_hash"]:
            bad(number, "分录行和校验码不符")
        elif sum((line["amount"] for line in lines), ZERO) != row["amount"]:
            bad(number, "各行相加不等于金额")
        if voucher_hash(row) != row["hash"]:
            bad(number, "内容和校验码不符")
        before = row["hash"]
        hashes[row["seq"]] = before
        report.checked += 1
    return hashes


def _figures(
    compound: Compound, books: Mapping[int, Book], stored: Mapping[int, _Stored]
) -> Iterator[tuple[date, dict[str, Any]]]:
    """Yield every month's end and its figures, added up from the first voucher on, from no stored balance."""
    balances = dict.fromkeys(books, ZERO)
    held = dict.fromkeys(books, ZERO)
    accounts = dict.fromkeys(MoneyAccount.objects.filter(book__compound=compound).values_list("pk", flat=True), ZERO)
    means = dict(MoneyAccount.objects.filter(book__compound=compound).values_list("pk", "means"))
    owner = dict(MoneyAccount.objects.filter(book__compound=compound).values_list("pk", "book_id"))
    openings, _ = _rows(Opening.objects.filter(book__compound=compound), ("book_id", "amount", "held", "balances"))
    for opening in openings:
        balances[opening["book_id"]], held[opening["book_id"]] = opening["amount"], opening["held"]
        with suppress(*_UNREADABLE):  # its hash says that it was changed
            accounts.update((int(key), Decimal(value)) for key, _, value in json.loads(opening["balances"]))
    rows = sorted(
        ((row["on"], row["number"], key, row) for key, each in stored.items() for row in each.rows),
        key=lambda item: item[:3],
    )
    months = list(compound.periods.order_by("month").values_list("month", flat=True))
    position = 0
    for month in months:
        end = last_day(month)
        sums = {key: dict.fromkeys([d.value for d in Direction], ZERO) for key in books}
        start = dict(balances)
        while position < len(rows) and rows[position][0] <= end:
            _, _, key, row = rows[position]
            inside = row["to_account_id"] is not None
            if not inside:
                sums[key][row["direction"]] += row["amount"]
            effect = book_effect(row["direction"], row["amount"], inside=inside)
            balances[key] += effect
            if row["direction"] in (Direction.HELD_IN, Direction.HELD_OUT):
                held[key] += effect
            for account, amount in account_effects(
                row["direction"], row["amount"], row["money_account_id"], row["to_account_id"]
            ):
                accounts[account] = accounts.get(account, ZERO) + amount
            position += 1
        figures = {}
        for key, book in books.items():
            by_means = dict.fromkeys(("cash", "bank", "qr"), ZERO)
            for account, amount in accounts.items():
                if owner.get(account) == key:
                    by_means[means[account]] += amount
            s = sums[key]
            figures[book.kind] = {
                "opening": start[key],
                "income": s["income"],
                "expense": s["expense"],
                "transfers_in": s["transfer_in"],
                "transfers_out": s["transfer_out"],
                "held_in": s["held_in"],
                "held_out": s["held_out"],
                "closing": balances[key],
                "held_balance": held[key],
                **by_means,
            }
        yield month, figures


def _texts(figures: Mapping[str, Mapping[str, Decimal]]) -> dict[str, dict[str, str]]:
    return {kind: {name: plain_money(value) for name, value in row.items()} for kind, row in figures.items()}


def _check_closings(compound: Compound, figures: Mapping[date, dict[str, Any]], report: Report) -> None:
    """Compare the frozen figures of every approved month with those added up anew."""
    approved: dict[date, Closing] = {}
    for closing in Closing.objects.filter(period__compound=compound).select_related("period").order_by("period", "seq"):
        if closing.step == ClosingStep.APPROVED:
            approved[closing.period.month] = closing
        else:
            approved.pop(closing.period.month, None)
    for month, closing in sorted(approved.items()):
        stored: dict[str, dict[str, str]] = {}
        with suppress(*_UNREADABLE):
            stored = {row.pop("kind"): row for row in json.loads(closing.figures)["books"].values()}
        again = _texts(figures[month])
        for kind, row in again.items():
            if stored.get(kind) != row:
                differs = [name for name in row if stored.get(kind, {}).get(name) != row[name]]
                report.bad.append(
                    Fault(compound.code, kind, None, f"{month:%Y-%m}结账的数和凭证不符：{'、'.join(differs)}")
                )


def _check_ledger(
    compound: Compound,
    ledger: Ledger,
    figures: Mapping[date, dict[str, Any]],
    books: Mapping[str, Book],
    stored: Mapping[int, _Stored],
    hashes: Mapping[str, Mapping[int, str]],
    report: Report,
) -> None:
    """Check one issued ledger: its data against its hash and the vouchers, its rows, its files."""
    document = ledger.document

    def bad(what: str, book: str = "", number: int | None = None) -> None:
        report.bad.append(Fault(compound.code, book, number, f"{ledger.code}公示：{what}"))

    try:
        data = json.loads(document.data)
        recomputed = data_hash(data)
        said = {
            "code": (data["code"], document.code),
            "version": (data["version"], ledger.version),
            "version of the document": (data["version"], document.version),
            "period": (data["period"], ledger.code),
            "compound": (data["compound"]["code"], compound.code),
            "posted_on": (data["posted_on"], ledger.posted_on.isoformat()),
            "posted_until": (data["posted_until"], ledger.posted_until.isoformat()),
            "first_on": (data["first_on"], ledger.first_month.isoformat()),
            "last_on": (data["last_on"], last_day(ledger.last_month).isoformat()),
            "kind": ("ledger", document.kind),
        }
        parts = {part["book"]: part for part in data["books"]}
        anchors = data["anchors"]
    except _UNREADABLE:
        bad("数据读不出来")
        return
    if recomputed != data.get("sha256") or recomputed != document.sha256:
        bad("数据和校验码不符")
    bad_columns = [name for name, (one, other) in said.items() if one != other]
    if bad_columns:
        bad(f"登记的内容和数据不符：{'、'.join(bad_columns)}")
    if data["version"] == 1 and ledger.first_month == ledger.last_month:
        again = _texts(figures.get(ledger.first_month, {}))
        for kind, part in parts.items():
            wanted = again.get(kind, {})
            if any(part.get(name) != value for name, value in wanted.items()):
                bad("合计和凭证不符", kind)
            posted = [
                (row["number"], row["on"].isoformat(), len(stored[books[kind].pk].lines.get(row["id"], [])))
                for row in sorted(stored[books[kind].pk].rows, key=lambda r: (r["on"], r["number"]))
                if ledger.first_month <= row["on"] < next_month(ledger.first_month)
            ]
            shown: list[tuple[int, str, int]] = []
            for line in part["lines"]:
                if shown and shown[-1][:2] == (line["number"], line["on"]):
                    shown[-1] = (*shown[-1][:2], shown[-1][2] + 1)
                else:
                    shown.append((line["number"], line["on"], 1))
            if posted != shown:
                bad("列出的凭证和账上的不同", kind)
    for anchor in anchors:
        if hashes.get(anchor["book"], {}).get(anchor["count"]) != anchor["hash"]:
            bad("印出的凭证校验码和账上的不同", anchor["book"], anchor["number"])
    found = {file.format: file for file in document.files.all()}
    for missing in {"pdf", "html", "csv", "json"} - set(found):
        bad(f"没有{missing}文件")
    for file in found.values():
        what = _file_fault(file)
        if what:
            bad(what)
    if "json" in found and found["json"].sha256 != sha256_bytes(document.data.encode()):
        bad("JSON文件和数据不同")


def _file_fault(file: DocumentFile) -> str:
    try:
        content = read_bytes(file.sha256)
    except OSError:
        return f"存档里找不到{file.format}文件"
    if sha256_bytes(content) != file.sha256 or len(content) != file.size:
        return f"{file.format}文件被改动"
    return ""


def _check_papers(compound: Compound, report: Report) -> None:
    """Compare the attached papers with the hashes that entered the chain, and their bytes with their own."""
    shown: dict[int, list[list[str]]] = {}
    of_compound = Voucher.objects.of(compound)
    # Only the columns that are compared: another one may be unreadable, and is named elsewhere.
    places = {key: (kind, number) for key, kind, number in of_compound.values_list("pk", "book__kind", "number")}
    rows = VoucherEvidence.objects.filter(voucher__book__compound=compound, attachment__isnull=False)
    for key, kind, number, sha256 in rows.order_by("pk").values_list(
        "voucher_id", "attachment__kind", "attachment__number", "attachment__sha256"
    ):
        shown.setdefault(key, []).append([kind, number, sha256])
        try:
            fits = sha256_bytes(read_bytes(sha256)) == sha256
        except OSError:
            fits = False
        if not fits:
            report.bad.append(Fault(compound.code, *places[key], "票据文件不见了或被改动"))
    for key, attachments in of_compound.values_list("pk", "attachments"):
        if canonical_json(shown.get(key, [])) != attachments:
            report.bad.append(Fault(compound.code, *places[key], "票据和凭证上的校验不符"))


def _check_anchors(known: Mapping[tuple[str, str], Mapping[int, str]], only: set[str] | None, report: Report) -> None:
    """Compare every anchor outside the database with the chain inside: a cut tail or a chain made anew shows here."""
    flagged: set[tuple[str, str]] = set()
    for anchor in read_anchors():
        code, book = str(anchor["compound"]), str(anchor["book"])
        if only is not None and code not in only:
            continue
        report.anchored[f"{code}/{book}"] = int(str(anchor["count"]))
        chain = known.get((code, book))
        if (code, book) in flagged or (chain is not None and chain.get(int(str(anchor["count"]))) == anchor["hash"]):
            continue
        flagged.add((code, book))
        there = chain is not None and int(str(anchor["count"])) in chain
        what = "凭证和库外存证不符" if there else "库外存证里有、账上没有的凭证"
        report.bad.append(Fault(code, book, int(str(anchor["number"])), what))


def verify_books(compound: Compound | None = None) -> Report:
    """Recompute the books of one compound, or of all, and name what does not fit.

    Rows are judged, not triggers; the first bad number of each book stands first.
    Source: quality.md R17, R18.
    """
    report = Report()
    compounds = [compound] if compound else list(Compound.objects.order_by("code"))
    known: dict[tuple[str, str], Mapping[int, str]] = {}
    for each in compounds:
        books = {book.kind: book for book in Book.objects.of(each)}
        stored = {book.pk: _stored(book) for book in books.values()}
        hashes = {kind: _check_chain(each, book, stored[book.pk], report) for kind, book in books.items()}
        known.update(((each.code, kind), chain) for kind, chain in hashes.items())
        figures = dict(_figures(each, {book.pk: book for book in books.values()}, stored))
        _check_closings(each, figures, report)
        ledgers = Ledger.objects.of(each).select_related("document").prefetch_related("document__files")
        for ledger in ledgers.order_by("last_month", "version"):
            _check_ledger(each, ledger, figures, books, stored, hashes, report)
        _check_papers(each, report)
    _check_anchors(known, {each.code for each in compounds} if compound else None, report)
    report.bad.sort(key=lambda fault: (fault.compound, fault.book, fault.number or 0))
    return report
