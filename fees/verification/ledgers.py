"""Closings and issued ledgers held against the vouchers: figures, carried balances, stored data and files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from compounds.models import Compound
from core.hashing import canonical_json, sha256_bytes
from core.models import Document, DocumentFile
from core.money import plain_money
from core.operations import read_bytes
from fees.choices import ClosingStep, Direction
from fees.documents import data_hash
from fees.models import Book, Closing, Ledger, MoneyAccount, Opening
from fees.rules import (
    SIGNS,
    TOTAL_OF,
    ZERO,
    Span,
    account_effects,
    book_effect,
    last_day,
    months_from,
    next_month,
)
from fees.verification.chains import read_rows
from fees.verification.found import UNREADABLE, Fault, Place, Report, Stored


def figures_by_month(
    compound: Compound, books: Mapping[int, Book], stored: Mapping[int, Stored]
) -> Iterator[tuple[date, dict[str, Any], dict[str, str]]]:
    """Yield each month, its figures by book and its end's balances by money account, added up from the first voucher."""
    balances = dict.fromkeys(books, ZERO)
    held = dict.fromkeys(books, ZERO)
    accounts = dict.fromkeys(MoneyAccount.objects.filter(book__compound=compound).values_list("pk", flat=True), ZERO)
    means = dict(MoneyAccount.objects.filter(book__compound=compound).values_list("pk", "means"))
    owner = dict(MoneyAccount.objects.filter(book__compound=compound).values_list("pk", "book_id"))
    openings, _ = read_rows(Opening.objects.filter(book__compound=compound), ("book_id", "amount", "held", "balances"))
    for opening in openings:
        balances[opening["book_id"]], held[opening["book_id"]] = opening["amount"], opening["held"]
        with suppress(*UNREADABLE):  # its hash says that it was changed
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
class Issued:
    """A compound's closings and ledgers, read before its vouchers: what is posted meanwhile is only more."""

    closings: list[Closing]
    ledgers: list[Ledger]
    documents: Mapping[int, Document]


def issued_of(compound: Compound) -> Issued:
    closings = Closing.objects.filter(period__compound=compound).select_related("period").order_by("period", "seq")
    ledgers = list(Ledger.objects.of(compound).order_by("last_month", "version"))
    # Not joined: a ledger whose document is gone must not go unseen with it.
    documents = Document.objects.prefetch_related("files").in_bulk([row.document_id for row in ledgers])
    return Issued(list(closings), ledgers, documents)


def check_closings(
    compound: Compound,
    issued: Issued,
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
        with suppress(*UNREADABLE):
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


def check_ledger(
    compound: Compound,
    ledger: Ledger,
    document: Document | None,
    approved: Mapping[date, Closing],
    figures: Mapping[date, dict[str, Any]],
    books: Mapping[str, Book],
    stored: Mapping[int, Stored],
    places: Mapping[str, Mapping[int, Place]],
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
    except UNREADABLE:
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
        if place is None or place != Place(anchor["hash"], anchor["year"], anchor["number"]):
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
