"""Recomputing the books from what is stored, believing nothing: chains, numbers, balances, ledgers, anchors, bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from compounds.models import Compound
from core.hashing import canonical_json, sha256_bytes
from core.models import Document, DocumentFile, Entry
from core.money import plain_money
from core.operations import read_bytes
from fees.anchors import read_anchors
from fees.choices import ClosingStep, Direction
from fees.documents import data_hash
from fees.models import Book, Closing, Ledger, MoneyAccount, Opening, Voucher, VoucherEvidence, VoucherLine
from fees.operations import EVIDENCE_ADDED
from fees.rules import (
    LINE_COLUMNS,
    OPENING_COLUMNS,
    SIGNS,
    TOTAL_OF,
    VOUCHER_COLUMNS,
    ZERO,
    Span,
    account_effects,
    book_effect,
    genesis,
    last_day,
    lines_hash,
    months_from,
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
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "checked": self.checked,
            "bad": [asdict(fault) for fault in self.bad],
            "anchored": self.anchored,
            "warnings": self.warnings,
        }


@dataclass(frozen=True)
class _Place:
    """One place of a recomputed chain; place 0 is the opening, or the genesis."""

    hash: str
    year: int | None = None
    number: int | None = None


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


def _check_chain(compound: Compound, book: Book, stored: _Stored, report: Report) -> dict[int, _Place]:
    """Walk a book's chain from its genesis; return what stands at every place."""

    def bad(number: int | None, what: str) -> None:
        report.bad.append(Fault(compound.code, book.kind, number, what))

    for key in stored.unreadable:
        bad(Voucher.objects.filter(pk=key).values_list("number", flat=True).first(), "有一栏读不出来")
    known = len(report.bad)
    before = genesis(compound.code, book.kind)
    openings, unreadable = _rows(Opening.objects.filter(book=book), (*OPENING_COLUMNS, "hash"))
    if unreadable:
        bad(None, "期初有一栏读不出来")
    for opening in openings:
        if opening["previous_hash"] != before or opening_hash(opening) != opening["hash"]:
            bad(None, "期初和校验码不符")
        before = opening["hash"]
    places: dict[int, _Place] = {0: _Place(before)}
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
        if row["direction"] not in SIGNS:
            bad(number, "方向不认识")
        before = row["hash"]
        places[row["seq"]] = _Place(before, year, number)
        report.checked += 1
    if len(report.bad) == known:  # what was altered is named already
        for number, what in _overdrawn_reversals(stored.rows):
            bad(number, what)
    return places


def _overdrawn_reversals(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """Yield the red vouchers of a book that take back another column's money, or more than their original held."""
    left: dict[int, tuple[str, Decimal]] = {}
    for row in rows:
        if row["reverses_id"] is None:
            left[row["id"]] = row["direction"], row["amount"]
            continue
        direction, amount = left.get(row["reverses_id"], ("", ZERO))
        if direction != row["direction"]:
            yield row["number"], "红冲的原凭证不在这本账的同一栏里"
        elif amount + row["amount"] < ZERO:
            yield row["number"], "红冲的比原凭证还多"
        left[row["reverses_id"]] = direction, amount + row["amount"]


def _figures(
    compound: Compound, books: Mapping[int, Book], stored: Mapping[int, _Stored]
) -> Iterator[tuple[date, dict[str, Any], dict[str, str]]]:
    """Yield each month, its figures by book and its end's balances by money account, added up from the first voucher."""
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
        (
            (row["on"], row["number"], key, row)
            for key, each in stored.items()
            for row in each.rows
            if row["direction"] in SIGNS
        ),
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
                    by_means[means[account]] = by_means.get(means[account], ZERO) + amount
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
        yield month, figures, {str(key): plain_money(value) for key, value in sorted(accounts.items()) if value}


def _joined(months: list[dict[str, Any]]) -> dict[str, dict[str, Decimal]]:
    """Return the figures of months that follow each other as one: the first's opening, the last's closing."""
    if not months:
        return {}
    return {
        kind: row
        | {"opening": months[0][kind]["opening"]}
        | {name: sum((month[kind][name] for month in months), ZERO) for name in TOTAL_OF.values()}
        for kind, row in months[-1].items()
    }


def _texts(figures: Mapping[str, Mapping[str, Decimal]]) -> dict[str, dict[str, str]]:
    return {kind: {name: plain_money(value) for name, value in row.items()} for kind, row in figures.items()}


@dataclass(frozen=True)
class _Issued:
    """A compound's closings and ledgers, read before its vouchers: what is posted meanwhile is only more."""

    closings: list[Closing]
    ledgers: list[Ledger]
    documents: Mapping[int, Document]


def _issued(compound: Compound) -> _Issued:
    closings = Closing.objects.filter(period__compound=compound).select_related("period").order_by("period", "seq")
    ledgers = list(Ledger.objects.of(compound).order_by("last_month", "version"))
    # Not joined: a ledger whose document is gone must not go unseen with it.
    documents = Document.objects.prefetch_related("files").in_bulk([row.document_id for row in ledgers])
    return _Issued(list(closings), ledgers, documents)


def _check_closings(
    compound: Compound,
    issued: _Issued,
    figures: Mapping[date, dict[str, Any]],
    accounts: Mapping[date, dict[str, str]],
    report: Report,
) -> dict[date, Closing]:
    """Compare every approved month with the figures added up anew; return the approvals by month."""

    def bad(month: date, what: str, book: str = "") -> None:
        report.bad.append(Fault(compound.code, book, None, f"{month:%Y-%m}结账：{what}"))

    steps: dict[date, list[Closing]] = {}
    for closing in issued.closings:
        steps.setdefault(closing.period.month, []).append(closing)
    approved = {month: rows[-1] for month, rows in steps.items() if rows[-1].step == ClosingStep.APPROVED}
    for month, rows in sorted(steps.items()):
        if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
            bad(month, "步骤不连续")
        if any(row.step not in ClosingStep.values for row in rows):
            bad(month, "步骤不认识")
        for before, row in zip([None, *rows], rows, strict=False):
            if row.step == ClosingStep.APPROVED and (
                before is None
                or before.step != ClosingStep.PREPARED
                or (before.figures, before.told, before.by_id) != (row.figures, row.told, row.prepared_by_id)
            ):
                bad(month, "审定的和编制的不同")
    for month, closing in sorted(approved.items()):
        stored: dict[str, dict[str, str]] = {}
        carried: object = None
        with suppress(*_UNREADABLE):
            frozen = json.loads(closing.figures)
            stored = {part.pop("kind"): part for part in frozen["books"].values()}
            carried = frozen["accounts"]
        for kind, again in _texts(figures.get(month, {})).items():
            if stored.get(kind) != again:
                differs = [name for name in again if stored.get(kind, {}).get(name) != again[name]]
                bad(month, f"数和凭证不符：{'、'.join(differs)}", kind)
        if carried != accounts.get(month, {}):
            bad(month, "转下月的各账户余额和凭证不符")
    return approved


def _check_ledger(
    compound: Compound,
    ledger: Ledger,
    document: Document | None,
    approved: Mapping[date, Closing],
    figures: Mapping[date, dict[str, Any]],
    books: Mapping[str, Book],
    stored: Mapping[int, _Stored],
    places: Mapping[str, Mapping[int, _Place]],
    report: Report,
) -> None:
    """Check one issued ledger: its data against its hash and the vouchers, its rows, its files."""

    def bad(what: str, book: str = "", number: int | None = None) -> None:
        report.bad.append(Fault(compound.code, book, number, f"{ledger.code}公示：{what}"))

    if document is None:
        bad("原件不见了")
        return
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
    months = months_from(ledger.first_month, ledger.last_month)
    still_open = next((month for month in months if month not in approved), None)
    told: list[dict[str, Any]] = []
    for month in months:
        if month in approved:
            told += [{**row, "month": f"{month:%Y-%m}"} for row in json.loads(approved[month].told)]
    if still_open is not None:
        bad(f"{still_open:%Y-%m}这个月没有审定")
    elif canonical_json(data["told"]) != canonical_json(told):
        bad("说明的事项和结账时的不同")
    first = min(figures, default=None)
    if first is not None and ledger.first_month != max(Span.parse(ledger.code).first_month, first):
        bad("没有包括应有的月份")
    again = _texts(_joined([figures[month] for month in months if month in figures]))
    for kind, part in parts.items():
        if kind not in books:
            bad("没有这本账", kind)
            continue
        wanted = again.get(kind, {})
        if any(part.get(name) != value for name, value in wanted.items()):
            bad("合计和凭证不符", kind)
        posted = [
            (row["number"], row["on"].isoformat(), len(stored[books[kind].pk].lines.get(row["id"], [])))
            for row in sorted(stored[books[kind].pk].rows, key=lambda r: (r["on"], r["number"]))
            if ledger.first_month <= row["on"] < next_month(ledger.last_month)
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
        place = places.get(anchor["book"], {}).get(anchor["count"])
        if place is None or place != _Place(anchor["hash"], anchor["year"], anchor["number"]):
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
    rowkeys: dict[int, list[int]] = {}
    added: dict[int, int] = {}
    of_compound = Voucher.objects.of(compound)
    # Only the columns that are compared: another one may be unreadable, and is named elsewhere.
    places = {key: (kind, number) for key, kind, number in of_compound.values_list("pk", "book__kind", "number")}
    rows = VoucherEvidence.objects.filter(voucher__book__compound=compound, attachment__isnull=False)
    for row, key, kind, number, sha256 in rows.order_by("pk").values_list(
        "pk", "voucher_id", "attachment__kind", "attachment__number", "attachment__sha256"
    ):
        rowkeys.setdefault(key, []).append(row)
        shown.setdefault(key, []).append([kind, number, sha256])
        try:
            fits = sha256_bytes(read_bytes(sha256)) == sha256
        except OSError:
            fits = False
        if not fits:
            report.bad.append(Fault(compound.code, *places[key], "票据文件不见了或被改动"))
    for key, attachments in of_compound.values_list("pk", "attachments"):
        papers, count = shown.get(key, []), _paper_count(attachments)
        if count is None or canonical_json(papers[:count]) != attachments:
            report.bad.append(Fault(compound.code, *places[key], "票据和凭证上的校验不符"))
        else:
            added |= dict.fromkeys(rowkeys.get(key, [])[count:], key)
    # What was added after posting is no part of the hash; who added it stands in the history.
    for row in sorted(added.keys() - _recorded(added)):
        report.bad.append(Fault(compound.code, *places[added[row]], "有一张票据，不知道是谁在记账后补的"))


def _recorded(rows: Iterable[int]) -> set[int]:
    """Return which of these rows of evidence the history knows of."""
    entries = Entry.objects.filter(
        action=EVIDENCE_ADDED,
        object_type=VoucherEvidence._meta.label_lower,
        object_id__in=[str(row) for row in rows],
    )
    return {int(key) for key in entries.values_list("object_id", flat=True)}


def _paper_count(attachments: str) -> int | None:
    """Return how many papers a voucher was posted with, or None where its text cannot be read."""
    try:
        listed = json.loads(attachments)
    except ValueError:
        return None
    return len(listed) if isinstance(listed, list) else None


@dataclass
class _Restoring:
    """That the database was restored: the anchors' line saying so, and up to which line and place the backup reached."""

    line: int
    on: str
    reached: int
    heads: dict[str, int]
    vouchers: int = 0
    ledgers: int = 0

    def lost_line(self, line: int) -> bool:
        """Return whether a ledger's line was written after the backup and before the restoring; count it."""
        lost = self.reached < line < self.line
        self.ledgers += lost
        return lost

    def lost_voucher(self, line: int, book: str, count: int) -> bool:
        """Return whether a voucher's line was written in that time and lies beyond what came back; count it."""
        lost = self.reached < line < self.line and count > self.heads.get(book, -1)
        self.vouchers += lost
        return lost


def _restorings(anchors: list[tuple[int, dict[str, Any] | None]]) -> Iterator[_Restoring]:
    """Yield what the anchors say of restorings; a line that cannot be read explains nothing."""
    for line, anchor in anchors:
        with suppress(*_UNREADABLE):
            if anchor and "restored" in anchor:
                said = anchor["restored"]
                heads = {str(book): int(count) for book, count in said["heads"].items()}
                yield _Restoring(line, str(anchor["at"])[:10], int(said["anchors"]), heads)


def _check_anchors(
    anchors: list[tuple[int, dict[str, Any] | None]],
    known: Mapping[tuple[str, str], Mapping[int, _Place]],
    only: set[str] | None,
    report: Report,
) -> None:
    """Compare every anchor outside the database with what is inside: a cut tail or a chain made anew shows here.

    What was posted between a backup and its restoring is gone, and the anchors say that it was restored: a warning.
    """
    flagged: set[tuple[str, str]] = set()
    newest: dict[tuple[str, str], int] = {}
    restorings = list(_restorings(anchors))
    for line, anchor in anchors:
        try:
            if anchor is None:
                raise ValueError(line)
            if "restored" in anchor:
                if not any(restoring.line == line for restoring in restorings):
                    raise ValueError(line)
                continue
            code = str(anchor["compound"])
            if only is not None and code not in only:
                continue
            if "ledger" in anchor:
                gone = not Document.objects.filter(code=anchor["code"]).exists()
                if not (gone and any(restoring.lost_line(line) for restoring in restorings)):
                    _check_ledger_anchor(code, anchor, report)
                continue
            book, count = str(anchor["book"]), int(anchor["count"])
            said = _Place(anchor["hash"], anchor["year"], anchor["number"])
        except _UNREADABLE:
            report.bad.append(Fault("", "", None, f"库外存证第{line}行读不出来"))
            continue
        if any(restoring.lost_voucher(line, f"{code}/{book}", count) for restoring in restorings):
            continue
        newest[code, book] = max(count, newest.get((code, book), 0))
        place = known.get((code, book), {}).get(count)
        if (code, book) in flagged or place == said:
            continue
        flagged.add((code, book))
        if place is None:
            first = _first_missing(known.get((code, book), {}), said)
            report.bad.append(Fault(code, book, first, "库外存证里有、账上没有的凭证"))
        else:
            report.bad.append(Fault(code, book, said.number, "凭证和库外存证不符"))
    for restoring in restorings:
        report.warnings.append(
            f"{restoring.on}从备份恢复过：恢复前存证的凭证有{restoring.vouchers}张、公示有{restoring.ledgers}份已经不在账上"
        )
    for (code, book), places in sorted(known.items()):
        report.anchored[f"{code}/{book}"] = newest.get((code, book), 0)
        head = max(places)
        if head > newest.get((code, book), 0):
            report.warnings.append(f"{code} {book}：最后{head - newest.get((code, book), 0)}张凭证没有库外存证")


def _first_missing(places: Mapping[int, _Place], said: _Place) -> int | None:
    """Return the number with which a cut tail began: the one after the last that is there, in the same year."""
    last = places[max(places)] if places else None
    if last is None or last.year != said.year or last.number is None:
        return said.number
    return last.number + 1


def _check_ledger_anchor(code: str, anchor: Mapping[str, Any], report: Report) -> None:
    """Compare what was noted outside when a ledger was issued with the document and its files."""
    document = Document.objects.filter(code=anchor["code"]).prefetch_related("files").first()
    found = {file.format: file.sha256 for file in document.files.all()} if document else {}
    hangs = Ledger.objects.filter(
        compound__code=code, code=anchor["ledger"], version=anchor["version"], document__code=anchor["code"]
    )
    if document is None or document.sha256 != anchor["hash"] or found != anchor["files"] or not hangs.exists():
        report.bad.append(Fault(code, "", None, f"{anchor['ledger']}公示：和张贴时的库外存证不符"))


def verify_books(compound: Compound | None = None) -> Report:
    """Recompute the books of one compound, or of all, and name what does not fit.

    Rows are judged, not triggers; the first bad number of each book stands first. Safe beside people who post: what
    points at vouchers is read before the vouchers.
    Source: quality.md R17, R18.
    """
    report = Report()
    anchors = list(read_anchors())
    compounds = [compound] if compound else list(Compound.objects.order_by("code"))
    known: dict[tuple[str, str], Mapping[int, _Place]] = {}
    for each in compounds:
        issued = _issued(each)
        books = {book.kind: book for book in Book.objects.of(each)}
        stored = {book.pk: _stored(book) for book in books.values()}
        places = {kind: _check_chain(each, book, stored[book.pk], report) for kind, book in books.items()}
        known.update(((each.code, kind), chain) for kind, chain in places.items())
        months = list(_figures(each, {book.pk: book for book in books.values()}, stored))
        figures = {month: row for month, row, _ in months}
        approved = _check_closings(each, issued, figures, {month: row for month, _, row in months}, report)
        for ledger in issued.ledgers:
            document = issued.documents.get(ledger.document_id)
            try:
                _check_ledger(each, ledger, document, approved, figures, books, stored, places, report)
            except _UNREADABLE:
                report.bad.append(Fault(each.code, "", None, f"{ledger.code}公示：数据读不出来"))
        _check_papers(each, report)
    _check_anchors(anchors, known, {each.code for each in compounds} if compound else None, report)
    report.bad.sort(key=lambda fault: (fault.compound, fault.book, fault.number or 0))
    return report
