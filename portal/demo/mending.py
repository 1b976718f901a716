"""What goes wrong in one compound of the demo and is mended as the law wants; and what proves that sheets hang."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from compounds.models import Compound
from core.choices import EvidenceKind
from core.models import User
from core.money import show_money
from core.operations import add_attachment, store_paper
from fees.choices import BookKind, Direction, Means, ReversalKind
from fees.documents import read_ledger, remainders
from fees.models import Account, Book, Ledger, Voucher
from fees.operations import (
    CorrectionData,
    DraftData,
    LineData,
    correct_voucher,
    issue_correction,
    money_account_of,
    post_draft,
    prove_posting,
    reverse_voucher,
    save_correction,
    save_draft,
)
from portal.demo.pictures import notice_photograph, slip_photograph

PLACES = ("东门公示栏", "3号楼门厅")
HANDLER = "赵瑞芝"  # who hands in a slip and does not type


def mend(
    compound: Compound, month: date, posted: Sequence[Voucher], *, keeper: User, head: User, at: datetime
) -> list[Voucher]:
    """Post in an open month a part taken back, a voucher of last year corrected, and one typed for another person."""
    repair = next(v for v in posted if any(line.account_id == "203" for line in v.lines.all()))
    key = remainders(repair)[0].key
    red = reverse_voucher(
        repair, month.replace(day=24), actor=keeper, at=at, kind=ReversalKind.OVERSTATED, parts={key: Decimal("45.00")}
    )
    last_year = Voucher.objects.of(compound).filter(year=month.year - 1, lines__account_id="203").order_by("seq")
    old = last_year.select_related("book__compound", "money_account")[0]
    mended = correct_voucher(
        old, month.replace(day=25), Account.objects.get(code="119"), Decimal("30.00"),
        decision=f"八角街道〔{month.year}〕12号", money_account=old.money_account, actor=keeper, at=at,
    )  # fmt: skip
    typed = save_draft(_typed_for_another(compound, month, keeper, at), hand_in=True, actor=keeper, at=at)
    return [post_draft(draft.pk, actor=head, at=at) for draft in (red, mended, typed)]


def _typed_for_another(compound: Compound, month: date, keeper: User, at: datetime) -> DraftData:
    book = Book.objects.select_related("compound").get(compound=compound, kind=BookKind.COMMITTEE)
    on, what, amount = month.replace(day=26), "买浇花水管一根", Decimal("46.00")
    slip = slip_photograph(
        [
            compound.name,
            f"{on.year}年{on.month}月{on.day}日",
            what,
            f"金额 {show_money(amount)}元，现金",
            "请记账员代为录入",
        ],
        HANDLER,
    )
    paper = add_attachment(
        slip,
        name="代录单.jpg",
        kind=EvidenceKind.TYPED_SLIP,
        number="",
        area_code=compound.area_code,
        actor=keeper,
        at=at,
    )
    line = LineData(what, Account.objects.get(code="205"), amount, source="public_revenue")
    return DraftData(
        book, on, Direction.EXPENSE, money_account_of(book, Means.CASH), (line,), payee="便民五金", handler=HANDLER,
        witness="陈志远", approver="主任", entered_for=HANDLER, attachments=(paper,),
    )  # fmt: skip


def hang(ledger: Ledger, *, actor: User, at: datetime) -> None:
    """Keep a photograph of a posted ledger at each of two places; again it makes nothing."""
    if ledger.proofs.exists():
        return
    read = read_ledger(ledger.document.data)
    lines = [
        *([f"第{read.correction_number}次更正，代替先前贴出的一张"] if read.correction_number else []),
        f"{read.opening_label} {show_money(read.own_opening)}元",
        f"收入合计 {show_money(read.income)}元",
        f"支出合计 {show_money(read.expense)}元",
        f"{read.closing_label} {show_money(read.own_closing)}元",
        *(
            f"{line.on.month}月{line.on.day}日 {line.summary[:14]} {show_money(line.amount)}元"
            for _, line in read.largest
        ),
    ]
    title = f"{ledger.compound.name}{read.title}"
    for place in PLACES:
        photograph = store_paper(notice_photograph(title, lines, place), name=f"{place}.jpg")
        prove_posting(ledger, place, ledger.posted_on, [photograph], actor=actor, at=at)


def correct_words(ledger: Ledger, *, keeper: User, head: User, at: datetime) -> None:
    """Post a ledger's 第1次更正: words of one line that said too little."""
    if Ledger.objects.filter(compound=ledger.compound, code=ledger.code, version__gt=1).exists():
        return
    wrong = Voucher.objects.of(ledger.compound).within_month(ledger.first_month).filter(lines__account_id="202").first()
    assert wrong is not None, "every compound pays for cleaning each month"
    words = f"{wrong.lines.get().summary}，含两次清理楼道杂物"
    data = CorrectionData(wrong, "摘要漏写了清理楼道杂物的两次", words)
    save_correction(ledger, data, actor=keeper, at=at)
    corrected, _ = issue_correction(ledger, actor=head, at=at)
    hang(corrected, actor=head, at=at)
