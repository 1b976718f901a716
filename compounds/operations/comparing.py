"""What an import changes in one dwelling, in words: what was, what will be; names and phones masked."""

from __future__ import annotations

from decimal import Decimal

from compounds.choices import AreaSource, RepresentativeKind, Tenure, Use
from compounds.operations.planning import Change, Share
from core.masking import mask_name, mask_phone
from core.money import plain_decimal

_LABELS = {
    "area": "建筑面积",
    "area_source": "面积来源",
    "tenure": "房屋性质",
    "use": "用途",
    "votes": "参加表决",
    "vacant": "空置",
    "unit": "产权单位",
    "representative": "户代表",
    "representative_phone": "户代表电话",
    "representative_kind": "户代表是",
}
_CHOICES = {"area_source": AreaSource, "tenure": Tenure, "use": Use, "representative_kind": RepresentativeKind}


def fields_of(change: Change) -> list[dict[str, str]]:
    """Return the columns that differ, each with label, before and after; none of a dwelling that is new."""
    if change.known is None:
        return []
    before = change.known.values
    found = [
        _field(_LABELS[column], _words(column, before[column]), _words(column, value))
        for column, value in change.values.items()
        if before[column] != value
    ]
    if change.shares is not None:
        found.append(_field("产权人", _owners(change.known.shares), _owners(change.shares)))
    return found


def _field(label: str, before: str, after: str) -> dict[str, str]:
    # Two names of one family look the same when masked.
    return {"label": label, "before": before, "after": f"{after}（改了隐去的字）" if before == after else after}


def _words(column: str, value: object) -> str:
    if value is None or value == "":
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if column in _CHOICES:
        return str(_CHOICES[column](value).label)
    if column == "representative_phone":
        return mask_phone(str(value))
    return mask_name(str(value)) if column == "representative" else str(value)


def _owners(shares: tuple[Share, ...]) -> str:
    """Return owners in one line, the one who votes first; the phone beside tells apart those whose masks agree."""
    ordered = sorted(shares, key=lambda share: not share[2])
    said = [mask_name(name) + (f" {mask_phone(phone)}" if phone else "") for name, phone, _ in ordered]
    return "、".join(said) or "空"
