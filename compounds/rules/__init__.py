"""The register's rules: addresses as Beijing says them, codes of areas, who may join the programme, which offices exclude each other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from core.money import half_width

COMMUNITY_CODE_LENGTH = 12
COMPOUNDS_PER_COMMUNITY = 99
# A larger dwelling is a slip of the pen (面积 in the wrong column, a lost decimal point).
DWELLING_AREA_AT_MOST = Decimal(1000)


class AddressNotUnderstood(ValueError):
    """What was typed is no dwelling's address."""


class NoCodeLeft(Exception):
    """A community has 99 compounds already; its codes end there."""


# --- Addresses ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, order=True, slots=True)
class Address:
    """A dwelling inside its compound: building 3 or 甲3 or 平房, entrance (may be empty), room."""

    building: str
    entrance: str
    room: str


_HYPHENS = re.compile(r"\s*[-‐‑‒–—−]\s*")
_BUILDING = re.compile(r"号楼|号院|[楼栋幢座#]")
_WORDS = re.compile(
    r"(?P<building>[^-]*?(?:号楼|楼|栋|幢|座|#))(?:-?(?P<entrance>[^-]*?)(?:单元|门))?-?(?P<room>[^-]+?)(?:室|号|房)?"
)
_ROW_HOUSE = re.compile(r"(?P<building>[^-]*平房)-?(?P<room>[^-]+?)号?")


def _trimmed(text: str) -> str:
    return _HYPHENS.sub("-", half_width(text)).strip().replace(" ", "")


def _number(label: str) -> str:
    """Return a bare number without leading zeros: 03 and 3 are the same building."""
    return label.lstrip("0") or label if label.isascii() and label.isdigit() else label


@lru_cache(4096)
def building_label(text: str) -> str:
    """Return a building's number as the register keeps it: 3, 3楼, 3号楼, 03 are 3; 平房 and 甲3 stay."""
    label = _trimmed(text)
    return _number(re.sub(r"(?<=.)(?:号楼|楼|栋|幢|座|#)$", "", label) if re.search(r"[0-9A-Za-z]", label) else label)


@lru_cache(4096)
def entrance_label(text: str) -> str:
    """Return an entrance's number as the register keeps it: 2, 2门, 2单元 are 2; nothing stays nothing."""
    label = _trimmed(text)
    return _number(re.sub(r"(?<=[0-9A-Za-z甲乙丙丁])(?:单元|门)$", "", label))


def room_label(text: str) -> str:
    """Return a room's number as the register keeps it: 501, 501室, 501号 are 501."""
    return re.sub(r"(?<=[0-9A-Za-z甲乙丙丁])(?:室|号|房)$", "", _trimmed(text))


def parse_dwelling(text: str) -> Address:
    """Return the address that was typed: 3-2-501, 3-501, 3楼2门501, 3号楼2单元501, 甲3-2-501, 平房12.

    :raises AddressNotUnderstood: if it is none of these.
    """
    typed = _trimmed(text)
    if len(typed) > 60:
        raise AddressNotUnderstood(text[:60])
    if match := _ROW_HOUSE.fullmatch(typed):
        return Address(match["building"], "", match["room"])
    parts = typed.split("-")
    if len(parts) == 1:
        match = _WORDS.fullmatch(typed)
        if match is None:
            raise AddressNotUnderstood(text)
        parts = [match["building"], match["entrance"] or "", match["room"]]
    elif len(parts) == 2:
        parts = [parts[0], "", parts[1]]
    elif len(parts) != 3 or not parts[1]:
        raise AddressNotUnderstood(text)
    address = Address(building_label(parts[0]), entrance_label(parts[1]), room_label(parts[2]))
    if not address.building or not address.room or _BUILDING.search(address.entrance + address.room):
        raise AddressNotUnderstood(text)
    return address


def show_dwelling(building: str, entrance: str, room: str) -> str:
    """Return an address as papers print it: 3号楼2单元501, 甲3号楼501, 平房12."""
    if building.endswith("平房"):
        return f"{building}{entrance and f'{entrance}排'}{room}"
    first = f"{building}号楼" if building[-1:].isascii() and building[-1:].isalnum() else building
    second = f"{entrance}单元" if entrance and not entrance.endswith(("门", "单元")) else entrance
    return f"{first}{second}{room}"


def type_dwelling(building: str, entrance: str, room: str) -> str:
    """Return an address as it is typed: 3-2-501, 3-501, 平房12."""
    if building.endswith("平房") and not entrance:
        return f"{building}{room}"
    return "-".join(part for part in (building, entrance, room) if part)


HIGHEST_FLOOR = 60
_BELOW_GROUND = re.compile(r"(?:地下|负|[Bb-])")
_DIGITS = re.compile(r"[0-9]+")


@lru_cache(4096)
def floor_of(room: str) -> int | None:
    """Return the floor that a room's number tells, or None where it tells none.

    The last two digits count the doors of a floor: 501 is on 5, 1203 on 12, 0101 on 1, 甲501 and 501甲 on 5. Below
    ground is negative: B101, 负101 and 地下1 are on −1. Two digits (平房12), 5 digits, words tell nothing.
    """
    found = _DIGITS.search(room)
    if found is None:
        return None
    number = found.group()
    above = int(number[:-2]) if len(number) in (3, 4) else 0
    if _BELOW_GROUND.match(room):
        return -above if 0 < above <= HIGHEST_FLOOR else -1
    return above if 0 < above <= HIGHEST_FLOOR else None


@lru_cache(4096)
def door_order(label: str) -> tuple[tuple[int, int, str], ...]:
    """Return what sorts doors, entrances and buildings as people count them: 2 before 10, 甲2 after 2."""
    parts = [part for part in re.split(r"([0-9]+)", label) if part]
    return tuple((0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts)


_SEPARATORS = re.compile(r"[、,，;；/\s]+")


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a cell that holds several: 张三、李四, or one below the other."""
    return tuple(name for name in _SEPARATORS.split(text) if name)


# --- People ------------------------------------------------------------------------------------------------------

_PHONE = re.compile(r"[0-9(+][0-9()+\-/、, 转]{4,29}")
_SEVERAL = re.compile(r"[、,，;；]|(?<=[\u3400-\u9fff])/(?=[\u3400-\u9fff])")
_NAME_YEARS = 3
# What stands in place of a name that was taken away.
FORMER_OWNER = "原产权人"


def plain_phone(text: str) -> str | None:
    """Return a phone as the register keeps it, a mobile one as its 11 digits; None where it is none."""
    typed = half_width(text).translate(str.maketrans("（）－＋／", "()-+/")).strip()
    if not _PHONE.fullmatch(typed):
        return None
    digits = re.sub(r"[^0-9]", "", typed).removeprefix("86" if typed.startswith(("+86", "86")) else "")
    mobile = re.fullmatch(r"1[3-9][0-9]{9}", digits) and not re.search(r"[/、,转]", typed)
    return digits if mobile else typed


def names_several(text: str) -> bool:
    """Return whether a field for one person holds several: 张三、李四. A middle dot (买买提·艾力) is part of a name."""
    return _SEVERAL.search(text.strip("、,，;；/")) is not None


def shares_fault(shares: Iterable[tuple[int, int] | None], votes: Iterable[bool]) -> str:
    """Return what is wrong with co-owners' shares and votes, or "": fraction, above_one, no_vote, votes.

    A share nobody knows is None; less than the whole stays where heirs are not registered yet. Where there are owners
    exactly one votes for the dwelling (GUIDE 24).
    """
    known, voting = list(shares), sum(votes)
    told = [share for share in known if share is not None]
    if any(part < 1 or part > whole for part, whole in told):
        return "fraction"
    total = sum((Fraction(*share) for share in told), Fraction(0))
    if total > 1 or (total == 1 and len(told) < len(known)):
        return "above_one"
    if known and voting == 0:
        return "no_vote"
    return "votes" if voting > 1 else ""


def names_until(ended_on: date) -> date:
    """Return the day from which a former owner's name is taken away: three years after the last dwelling went.

    Until then a claim about what was due may come up (民法典 188). Phones go with the first run after the ownership
    ended, as nobody has to be reached any more (个人信息保护法 19, 47).
    """
    try:
        return ended_on.replace(year=ended_on.year + _NAME_YEARS)
    except ValueError:  # 29 February
        return ended_on.replace(year=ended_on.year + _NAME_YEARS, month=3, day=1)


# --- Codes -------------------------------------------------------------------------------------------------------


def community_of(code: str) -> str:
    """Return the code of the community that a compound's code lies in."""
    return code[:COMMUNITY_CODE_LENGTH]


def next_compound_code(community_code: str, taken: Iterable[str]) -> str:
    """Return the next compound code of a community: its own code and two digits, given in order, never twice.

    :raises NoCodeLeft: after the 99th.
    """
    used = [int(code[COMMUNITY_CODE_LENGTH:]) for code in taken if community_of(code) == community_code]
    number = max(used, default=0) + 1
    if number > COMPOUNDS_PER_COMMUNITY:
        raise NoCodeLeft(community_code)
    return f"{community_code}{number:02d}"


# --- Appointments ------------------------------------------------------------------------------------------------


def areas_overlap(one: str, other: str) -> bool:
    """Return whether one area holds the other; an empty code holds nothing."""
    return bool(one and other) and (one.startswith(other) or other.startswith(one))


def days_overlap(from_1: date, until_1: date | None, from_2: date, until_2: date | None) -> bool:
    """Return whether two spans share a day; the last day counts, None is without end."""
    return (until_2 is None or from_1 <= until_2) and (until_1 is None or from_2 <= until_1)


# --- The eight steps ---------------------------------------------------------------------------------------------


def propose_plan(first_day: date, steps: Iterable[tuple[int, int, date | None]]) -> dict[int, tuple[date, date]]:
    """Return dates for steps one after another: from the first day on, each so many weeks long.

    ``steps``: number, weeks, and the last day where it is planned already; the next one begins the day after it.
    """
    proposed, starts_on = {}, first_day
    for number, weeks, planned in steps:
        ends_on = max(planned, starts_on) if planned else starts_on + timedelta(weeks=weeks, days=-1)
        proposed[number] = (starts_on, ends_on)
        starts_on = ends_on + timedelta(days=1)
    return proposed


# --- The programme -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a compound is an old residential compound of the programme; each reason against it is a key."""

    reasons: tuple[str, ...]

    @property
    def is_eligible(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


def eligibility(
    *, unified_management: bool, reform_dwellings: int, dwellings: int, has_owners_body: bool
) -> Eligibility:
    """Judge a compound: no unified property management of the public area, housing-reform dwellings, no owners' body.

    Reasons: ``unified_management``, ``no_register`` (nothing can be said about its dwellings yet),
    ``no_reform_dwellings``, ``owners_body`` (a 业主委员会 or 物业管理委员会 exists).

    Source: Q1, Q5.
    """
    reasons = []
    if unified_management:
        reasons.append("unified_management")
    if not dwellings:
        reasons.append("no_register")
    elif not reform_dwellings:
        reasons.append("no_reform_dwellings")
    if has_owners_body:
        reasons.append("owners_body")
    return Eligibility(tuple(reasons))
