"""Every column of the voucher tables enters the hash: a column added later cannot be forgotten."""

from fees.models import Opening, Voucher, VoucherLine
from fees.rules import LINE_COLUMNS, OPENING_COLUMNS, VOUCHER_COLUMNS

# What names the columns otherwise than Django's ``attname`` does.
COLUMNS_BY_NAME = {"account_code": "account_id"}


def columns(model: type, *without: str) -> set[str]:
    return {field.attname for field in model._meta.local_concrete_fields} - set(without)  # type: ignore[attr-defined]


def test_a_voucher_hashes_all_its_columns() -> None:
    assert len(set(VOUCHER_COLUMNS)) == len(VOUCHER_COLUMNS)
    assert set(VOUCHER_COLUMNS) == columns(Voucher, "id", "hash")


def test_a_line_hashes_all_its_columns() -> None:
    """Its voucher is known by the hash that the line's own enters."""
    assert len(set(LINE_COLUMNS)) == len(LINE_COLUMNS)
    assert set(LINE_COLUMNS) == columns(VoucherLine, "id", "voucher_id")


def test_an_opening_hashes_all_its_columns() -> None:
    assert len(set(OPENING_COLUMNS)) == len(OPENING_COLUMNS)
    assert set(OPENING_COLUMNS) == columns(Opening, "id", "hash")


def test_texts_and_amounts_of_vouchers_are_never_null() -> None:
    """Contracts: text and amount columns of the two voucher tables are NOT NULL."""
    loose = [
        f"{model.__name__}.{field.name}"
        for model in (Voucher, VoucherLine)
        for field in model._meta.local_concrete_fields
        if field.null and field.get_internal_type() in ("CharField", "TextField", "DecimalField")
    ]
    assert not loose
