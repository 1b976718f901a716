"""The one search box: a compound, a voucher, a ballot, a paper, an objection, a dwelling, a person; only in the scope."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ballots.models import Ballot, Paper
from compounds.models import (
    Area,
    Compound,
    CompoundQuerySet,
    Dwelling,
    Objection,
    Owner,
    Ownership,
    PhoneTail,
)
from compounds.rules import Address, AddressNotUnderstood, parse_dwelling, show_dwelling
from core.codes import SLIP_LENGTH, read_code, show_code
from core.masking import mask_name, mask_phone
from core.money import plain_text
from fees.models import Book, Voucher
from portal.views.office.door import FORM, OfficeRequest, in_scope

MOST = 20
LONGEST = 60
YEARS_BACK = 2
_NUMBER = re.compile(r"第?\s*([0-9]{1,6})\s*号?(?:凭证)?")
_BALLOT = re.compile(r"第?\s*([0-9]{1,3})\s*次(?:表决)?")


@dataclass(frozen=True)
class Hit:
    """One thing found: what it is, where, and its page."""

    kind: str
    title: str
    place: str
    url: str


@require_http_methods(FORM)
@in_scope
def office_search(request: OfficeRequest) -> HttpResponse:
    """Find what was typed; a single hit is opened at once.

    People are looked for only in what a form sends: no name or phone shall stand in an address.
    """
    sent = request.POST if request.method == "POST" else request.GET
    text = plain_text(sent.get("q", ""))[:LONGEST].replace("\x00", "")
    compounds = Compound.objects.within(list(request.scope.prefixes))
    hits = _search(compounds, text, request.today.year) if text else []
    if text and request.method == "POST":
        hits += _people(compounds, text)
    if len(hits) == 1:
        return redirect(hits[0].url)
    shown = {"q": text, "hits": hits, "outside": _outside(request) if not hits and _dwelling_of(text) else ""}
    return render(request, "portal/office/search.html", shown)


def _search(compounds: CompoundQuerySet, text: str, year: int) -> list[Hit]:
    found = [
        Hit("小区", c.name, c.address or c.code, reverse("office_compound", args=[c.code]))
        for c in compounds.matching(text)[:MOST]
    ]
    number = _NUMBER.fullmatch(text)
    if number:
        found += _vouchers(compounds, int(number[1]), year)
    found += _ballots(compounds, text)
    return found + _papers(compounds, text) + _objections(compounds, text) + _dwellings(compounds, text)


def _ballots(compounds: CompoundQuerySet, text: str) -> list[Hit]:
    """Return the ballots of the scope that bear this number, or in whose title this stands."""
    number = _BALLOT.fullmatch(text)
    if number is None and len(text) < 2:
        return []
    found = Ballot.objects.filter(number=int(number[1])) if number else Ballot.objects.filter(title__icontains=text)
    rows = found.filter(compound__in=compounds).select_related("compound").order_by("-pk")[:MOST]
    return [
        Hit(
            "表决",
            f"第{b.number}次表决：{b.title}，{b.get_state_display()}",
            b.compound.name,
            reverse("ballot", args=[b.compound.code, b.number]),
        )
        for b in rows
    ]


def _objections(compounds: CompoundQuerySet, text: str) -> list[Hit]:
    """Return the objection to a ballot of the scope that bears this slip's number; not whose it is."""
    slip = read_code(text, SLIP_LENGTH)
    if slip is None:
        return []
    found = Objection.objects.filter(slip=slip, compound__in=compounds).exclude(document__ballot_move=None)
    return [
        Hit(
            "异议",
            f"{show_code(o.slip)}，对《{o.document.title}》",
            o.compound.name,
            reverse("ballot_objection", args=[o.compound.code, o.document.ballot_move.ballot.number, o.slip]),
        )
        for o in found.select_related("compound", "document__ballot_move__ballot")
    ]


def _papers(compounds: CompoundQuerySet, text: str) -> list[Hit]:
    """Return the ballot paper of the scope that bears this serial; not whose it is."""
    serial = read_code(text)
    if serial is None:
        return []
    found = Paper.objects.filter(serial=serial, ballot__compound__in=compounds).select_related("ballot__compound")
    return [
        Hit(
            "选票",
            f"{show_code(p.serial)}，第{p.ballot.number}次表决，{p.get_state_display()}",
            p.ballot.compound.name,
            reverse("ballot_paper", args=[p.ballot.compound.code, p.ballot.number, p.serial]),
        )
        for p in found
    ]


def _vouchers(compounds: CompoundQuerySet, number: int, year: int) -> list[Hit]:
    books = Book.objects.filter(compound__in=compounds)
    years = range(year - YEARS_BACK, year + 1)
    vouchers = Voucher.objects.filter(book__in=books, year__in=years, number=number)
    rows = vouchers.select_related("book__compound").prefetch_related("lines").order_by("-year", "book")[:MOST]
    return [
        Hit(
            "凭证",
            f"{v.year}年{v.book}第{v.number}号：{next((x.summary for x in v.lines.all()), '')}",
            v.book.compound.name,
            reverse("office_voucher", args=[v.book.compound.code, v.book.kind, v.year, v.number]),
        )
        for v in rows
    ]


def _dwellings(compounds: CompoundQuerySet, text: str) -> list[Hit]:
    """Return the dwellings of the scope that bear this address; no name of anybody."""
    address = _dwelling_of(text)
    if address is None:
        return []
    found = Dwelling.objects.filter(
        building__compound__in=compounds, building__label=address.building, room=address.room
    )
    found = found.filter(entrance__label=address.entrance) if address.entrance else found.filter(entrance=None)
    shown = show_dwelling(address.building, address.entrance, address.room)
    rows = found.select_related("building__compound").order_by("building__compound__area_code")[:MOST]
    return [
        Hit(
            "房屋",
            f"{shown}，{d.get_use_display()}{d.area.normalize():f}平方米",
            d.building.compound.name,
            _address(d),
        )
        for d in rows
    ]


def _people(compounds: CompoundQuerySet, text: str) -> list[Hit]:
    """Return the dwellings of whoever bears this name, or whose phone ends so; names and phones masked.

    A whole number is looked for by its end too, for which there is an index.
    """
    digits = re.sub(r"[^0-9]", "", text)
    dwellings = Dwelling.objects.filter(building__compound__in=compounds)
    owned = Ownership.objects.current().filter(dwelling__building__compound__in=compounds)
    if re.fullmatch(r"[0-9()+\- ]+", text) and len(digits) >= 4:
        owners = Owner.objects.annotate(tail=PhoneTail("phone")).filter(tail=digits[-4:]).values_list("pk", "phone")
        lived = Dwelling.objects.annotate(tail=PhoneTail("representative_phone")).filter(tail=digits[-4:]).order_by()
        if len(digits) > 4:  # the few that end so are held against it here: both conditions at once made a poor plan
            whole = lived.values_list("pk", "representative_phone")
            owned = owned.filter(owner__in=[pk for pk, phone in owners if phone == text])
            dwellings = dwellings.filter(pk__in=[pk for pk, phone in whole if phone == text])
        else:
            owned = owned.filter(owner__in=owners.values("pk"))
            dwellings = dwellings.filter(pk__in=lived.values("pk"))
    elif len(text) > 1:
        owned = owned.filter(owner__in=Owner.objects.filter(name=text))
        dwellings = dwellings.filter(representative=text)
    else:
        return []
    place = ("building__compound", "entrance")
    found = [
        (o.dwelling, f"产权人{mask_name(o.owner.name)} {mask_phone(o.owner.phone)}")
        for o in owned.select_related("owner", *(f"dwelling__{name}" for name in place))[:MOST]
    ]
    found += [
        (d, f"户代表{mask_name(d.representative)} {mask_phone(d.representative_phone)}")
        for d in dwellings.order_by().select_related(*place)[:MOST]
    ]
    return [_person(dwelling, said.strip()) for dwelling, said in found]


def _person(dwelling: Dwelling, said: str) -> Hit:
    door = dwelling.entrance.label if dwelling.entrance else ""
    shown = show_dwelling(dwelling.building.label, door, dwelling.room)
    return Hit("人", f"{shown}，{said}", dwelling.building.compound.name, _address(dwelling))


def _address(dwelling: Dwelling) -> str:
    """Return the page on which a dwelling is shown."""
    return reverse("dwelling", args=[dwelling.building.compound.code, dwelling.pk])


def _dwelling_of(text: str) -> Address | None:
    """Return the address that was typed, or None where it is none."""
    try:
        return parse_dwelling(text)
    except AddressNotUnderstood:
        return None


def _outside(request: OfficeRequest) -> str:
    """Say that a dwelling is none of the user's, in the same words whether it exists elsewhere or not."""
    code = min(request.scope.prefixes, key=len)
    street = Area.objects.filter(code=code[:9], level="street").first() if len(code) >= 9 else None
    return f"这户不在您负责的小区里。要看请找{street.name if street else '区里'}开通。"
