"""Who owns a dwelling: changing hands, mending a slip, and telling one person from two of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from compounds.models import Area, Dwelling, Owner, Ownership, PropertyUnit
from compounds.operations.dwellings import area_code_of, ask_phone, lock_dwelling
from compounds.operations.refusals import OwnersRefused
from compounds.rules import COMMUNITY_CODE_LENGTH, FORMER_OWNER, names_several, shares_fault
from core.masking import mask_name, mask_phone
from core.models import User
from core.operations import record


@dataclass(frozen=True, slots=True)
class OwnerShare:
    """An owner as typed: one who owns it now (``owner``), or a name and phone; the share as a fraction, or None."""

    votes: bool
    owner: Owner | None = None
    name: str = ""
    phone: str = ""
    share: tuple[int, int] | None = None

    @property
    def masked(self) -> str:
        """Return the owner as the history keeps it: 张*，1/2，代表表决."""
        said = [mask_name(self.owner.name if self.owner else self.name)]
        if self.share:
            said.append(f"{self.share[0]}/{self.share[1]}")
        return "，".join([*said, "代表表决"] if self.votes else said)


def _said(rows: Sequence[Ownership]) -> str:
    shown = [
        OwnerShare(r.votes, r.owner, share=(r.share_of, r.share_in) if r.share_of and r.share_in else None).masked
        for r in rows
    ]
    return "；".join(shown) or "没有"


@transaction.atomic
def set_owners(
    dwelling: Dwelling,
    owners: Sequence[OwnerShare],
    version: int,
    *,
    from_on: date | None,
    reason: str,
    actor: User,
    at: datetime,
    confirmed: bool = False,
) -> Dwelling:
    """Let these own a dwelling: from a day (过户: who owned before did until then), or with None as if always (更正).

    With a day, who stays with the same share and vote stays as they are. A mended slip leaves no trace among the
    ownerships; the history keeps both states, masked. Owners are one row per community, name and phone; without a phone
    each dwelling has its own. ``confirmed``: a phone under two names is meant.

    :raises ChangedMeanwhile: if someone saved the dwelling since ``version`` was read.
    :raises OwnersRefused: see there.
    :raises PhoneOfOthers: if the community knows a phone under another name.
    """
    locked = lock_dwelling(dwelling, version)
    community = area_code_of(locked)[:COMMUNITY_CODE_LENGTH]
    # One name and phone is one person, whoever comes first: the community's row is the lock.
    Area.objects.select_for_update().filter(code=community).first()
    before = list(locked.ownerships.current().select_related("owner").order_by("pk"))
    _check(owners, before)
    if from_on is not None:
        _check_day(from_on, before, timezone.localdate(at))
    chosen = [_owner_of(each, community, confirmed) for each in owners]
    if len({owner.pk for owner in chosen}) < len(chosen):
        raise OwnersRefused("twice")
    wanted = {owner.pk: each for owner, each in zip(chosen, owners, strict=True)}
    if from_on is None:
        changed = _mend(locked, before, wanted)
    else:
        changed = _hand_over(locked, before, wanted, from_on)
    if not changed:
        raise OwnersRefused("same")
    after = list(locked.ownerships.current().select_related("owner").order_by("pk"))
    Dwelling.objects.filter(pk=locked.pk).update(version=version + 1)
    what = f"{from_on.year}年{from_on.month}月{from_on.day}日起过户" if from_on else "更正产权人"
    record("dwelling.owners", f"房屋{locked}，{what}：由{_said(before)}改为{_said(after)}。{reason}", actor=actor, at=at,
           area_code=area_code_of(locked), subject=locked,
           data={"before": _said(before), "after": _said(after), "reason": reason, "version": version + 1})  # fmt: skip
    locked.version = version + 1
    return locked


def _check(owners: Sequence[OwnerShare], before: Sequence[Ownership]) -> None:
    fault = shares_fault([each.share for each in owners], [each.votes for each in owners])
    if fault:
        raise OwnersRefused(fault)
    here = {row.owner_id for row in before}
    for each in owners:
        if each.owner is not None and each.owner.pk not in here:
            raise OwnersRefused("foreign")
        if each.owner is None and not each.name:
            raise OwnersRefused("name")
        if each.owner is None and names_several(each.name):
            raise OwnersRefused("several")


def _check_day(from_on: date, before: Sequence[Ownership], today: date) -> None:
    if from_on > today:
        raise OwnersRefused("future")
    last = max((row.from_on for row in before if row.from_on), default=None)
    if last is not None and from_on < last:
        raise OwnersRefused("before", last.isoformat())


def _owner_of(each: OwnerShare, community: str, confirmed: bool) -> Owner:
    if each.owner is not None:
        return each.owner
    if each.phone:
        known = Owner.objects.filter(area_code=community, name=each.name, phone=each.phone).order_by("pk").first()
        if known is not None:
            return known
        if not confirmed:
            ask_phone(community, each.name, each.phone)
    return Owner.objects.create(area_code=community, name=each.name, phone=each.phone)


def _columns(each: OwnerShare) -> dict[str, object]:
    part, whole = each.share or (None, None)
    return {"votes": each.votes, "share_of": part, "share_in": whole}


def _stays(row: Ownership, each: OwnerShare | None) -> bool:
    return each is not None and all(getattr(row, name) == value for name, value in _columns(each).items())


def _hand_over(dwelling: Dwelling, before: Sequence[Ownership], wanted: dict[int, OwnerShare], on: date) -> bool:
    """End on a day what does not stay, and begin what is new."""
    staying = {row.owner_id for row in before if _stays(row, wanted.get(row.owner_id))}
    ended = [row.pk for row in before if row.owner_id not in staying]
    Ownership.objects.filter(pk__in=ended).update(until_on=on)
    new = [(key, each) for key, each in wanted.items() if key not in staying]
    Ownership.objects.bulk_create(
        Ownership(dwelling=dwelling, owner_id=key, from_on=on, **_columns(each)) for key, each in new
    )
    return bool(ended or new)


def _mend(dwelling: Dwelling, before: Sequence[Ownership], wanted: dict[int, OwnerShare]) -> bool:
    """Write the owners as they should have stood all the time, since the day that stood there."""
    since = min((row.from_on for row in before if row.from_on), default=None)
    gone = [row for row in before if row.owner_id not in wanted]
    changed = [row for row in before if row.owner_id in wanted and not _stays(row, wanted[row.owner_id])]
    new = [key for key in wanted if key not in {row.owner_id for row in before}]
    Ownership.objects.filter(pk__in=[row.pk for row in gone]).delete()
    # The one who votes no more goes first: two never vote at once.
    for row in sorted(changed, key=lambda row: wanted[row.owner_id].votes):
        Ownership.objects.filter(pk=row.pk).update(**_columns(wanted[row.owner_id]))
    Ownership.objects.bulk_create(
        Ownership(dwelling=dwelling, owner_id=key, from_on=since, **_columns(wanted[key])) for key in new
    )
    # Who stood there by mistake only is taken out whole (个人信息保护法 46, 47).
    Owner.objects.filter(pk__in=[row.owner_id for row in gone], ownerships=None).delete()
    return bool(gone or changed or new)


# --- One person or two --------------------------------------------------------------------------------------------


@transaction.atomic
def correct_owner(
    owner: Owner, name: str, phone: str, reason: str, *, actor: User, at: datetime, confirmed: bool = False
) -> Owner:
    """Mend a person's name or phone on all dwellings, on their request or by a paper. Record it, masked.

    :raises OwnersRefused: if nothing changes, the name is empty or two, or another row is this person already (merge).
    :raises PhoneOfOthers: if the community knows the phone under another name.
    """
    locked = Owner.objects.select_for_update().get(pk=owner.pk)
    if locked.erased_at is not None:
        raise OwnersRefused("none")
    if not name:
        raise OwnersRefused("name")
    if names_several(name):
        raise OwnersRefused("several")
    if (locked.name, locked.phone) == (name, phone):
        raise OwnersRefused("same")
    if phone and Owner.objects.filter(area_code=locked.area_code, name=name, phone=phone).exclude(pk=owner.pk).exists():
        raise OwnersRefused("twice")
    if phone and not confirmed and phone != locked.phone:
        ask_phone(locked.area_code, name, phone, [owner.pk])
    before = f"{mask_name(locked.name)} {mask_phone(locked.phone)}".strip()
    renamed = locked.name != name
    locked.name, locked.phone = name, phone
    locked.save(update_fields=["name", "phone"])
    after = f"{mask_name(name)} {mask_phone(phone)}".strip()
    what = "姓名" if renamed else "电话"
    record("owner.correct", f"更正产权人的{what}：由{before}改为{after}。{reason}", actor=actor, at=at,
           area_code=locked.area_code, subject=locked, data={"before": before, "after": after})  # fmt: skip
    return locked


@transaction.atomic
def merge_owners(owner: Owner, others: Sequence[Owner], phone: str, *, actor: User, at: datetime) -> Owner:
    """Make one person of several rows of one name in a community, with the phone that is right. Record which.

    :raises OwnersRefused: ``none`` without another, ``foreign`` if name or community differ, ``phone`` if none of them
        has that phone, ``votes`` if both own one dwelling now and would vote twice (mend that dwelling first).
    """
    keys = sorted({owner.pk, *(other.pk for other in others)})
    rows = {row.pk: row for row in Owner.objects.select_for_update().filter(pk__in=keys).order_by("pk")}
    if len(rows) < 2 or len(rows) != len(keys):
        raise OwnersRefused("none")
    kept = rows.pop(owner.pk)
    if any((row.area_code, row.name) != (kept.area_code, kept.name) or row.erased_at for row in rows.values()):
        raise OwnersRefused("foreign")
    if phone not in {kept.phone, *(row.phone for row in rows.values())}:
        raise OwnersRefused("phone")
    mine = set(kept.ownerships.current().values_list("dwelling_id", flat=True))
    theirs = list(Ownership.objects.current().filter(owner__in=rows).values_list("dwelling_id", flat=True))
    if len(mine | set(theirs)) < len(mine) + len(theirs):
        raise OwnersRefused("both")
    moved = {str(key): list(row.ownerships.values_list("pk", flat=True)) for key, row in rows.items()}
    Ownership.objects.filter(owner__in=rows).update(owner=kept)
    Owner.objects.filter(pk__in=rows).delete()
    kept.phone = phone
    kept.save(update_fields=["phone"])
    count = sum(len(keys) for keys in moved.values())
    record("owner.merge", f"{mask_name(kept.name)}的{len(moved) + 1}条登记是同一个人，合并{count}处产权", actor=actor,
           at=at, area_code=kept.area_code, subject=kept, data={"moved": moved, "phone": mask_phone(phone)})  # fmt: skip
    return kept


@transaction.atomic
def split_owner(owner: Owner, ownerships: Sequence[Ownership], phone: str, *, actor: User, at: datetime) -> Owner:
    """Make two persons of one row: the ownerships named go to a new row of the same name with this phone. Record which.

    :raises OwnersRefused: ``none`` if none is named, ``all`` if none would stay, ``foreign`` if one is not the owner's,
        ``twice`` if the phone is the one that stays.
    """
    kept = Owner.objects.select_for_update().get(pk=owner.pk)
    mine = set(kept.ownerships.values_list("pk", flat=True))
    chosen = {row.pk for row in ownerships}
    if not chosen:
        raise OwnersRefused("none")
    if chosen - mine:
        raise OwnersRefused("foreign")
    if chosen == mine:
        raise OwnersRefused("all")
    if phone and Owner.objects.filter(area_code=kept.area_code, name=kept.name, phone=phone).exists():
        raise OwnersRefused("twice")
    made = Owner.objects.create(area_code=kept.area_code, name=kept.name, phone=phone)
    Ownership.objects.filter(pk__in=chosen).update(owner=made)
    record("owner.split", f"{mask_name(kept.name)}其实是两个人，分出{len(chosen)}处产权", actor=actor, at=at,
           area_code=kept.area_code, subject=kept,
           data={"moved": sorted(chosen), "to": made.pk, "phone": mask_phone(phone)})  # fmt: skip
    return made


def note_look(
    subject: Dwelling | Owner | PropertyUnit, whose: str, reason: str, *, area_code: str, actor: User, at: datetime
) -> None:
    """Record that somebody's name and phone were looked at in full, and why (个人信息保护法 51)."""
    record("person.look", f"查看{whose}的完整姓名和电话：{reason}", actor=actor, at=at, area_code=area_code,
           subject=subject)  # fmt: skip


__all__ = ["FORMER_OWNER", "OwnerShare", "correct_owner", "merge_owners", "note_look", "set_owners", "split_owner"]
