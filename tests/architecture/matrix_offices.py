"""The part of the table that is about notices, appointments and the hand-over of work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from compounds.choices import Role
from compounds.models import Appointment, Compound, WorkHandover
from tests import factories

if TYPE_CHECKING:
    from tests.architecture.matrix import Address

Of = Callable[..., "Address"]
NOTICE_WRITERS = {
    Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.COMMITTEE_HEAD, Role.COMMITTEE_DEPUTY,
}  # fmt: skip


def notices(of: Of, home: Compound) -> list[Address]:
    """Its notices: drafts, and one that hangs until it is taken down."""
    from tests.architecture.matrix import Address

    code = home.code
    draft, notice = factories.notice_draft(home), factories.posted_notice(home).document.code
    may = NOTICE_WRITERS
    return [
        Address("notices", "public", args=(code,)),
        Address("notice", "public", args=(code, notice)),
        Address("notice_pdf", "public", args=(code, notice)),
        Address("notice_file", "public", args=(code, notice, 1)),
        of("office_notices", code),
        of("notice_new", code, see=may, act=may),
        of("notice_draft", code, draft.pk, act=may, elsewhere=(code, 999_999)),
        of("notice_draft_files", code, draft.pk, methods=("POST",), act=may, elsewhere=(code, 999_999)),
        of("notice_draft_delete", code, draft.pk, methods=("POST",), act=may, elsewhere=(code, 999_999)),
        of("notice_posting", code, draft.pk, see=may, act=may, elsewhere=(code, 999_999)),
        of("office_notice", code, notice, act=may, elsewhere=(code, "AAAA0000A")),
        of("office_notice_pdf", code, notice, elsewhere=(code, "AAAA0000A")),
        of("notice_withdrawal", code, notice, see=may, act=may, elsewhere=(code, "AAAA0000A")),
    ]


def appointments(of: Of, home: Compound) -> list[Address]:
    """Offices given and ended, and the work that someone leaves."""
    from tests.architecture.matrix import FORM, Address

    street = frozenset({Role.STREET_STAFF})
    clerk = factories.user(Role.COMMITTEE_CASHIER, home.area_code, "离任的人")
    held, moved = Appointment.objects.get(user=clerk).pk, WorkHandover.objects.latest("pk").pk
    return [
        Address("appointments", "scope"),
        Address("appointments", "scope", query="?ended=1", variant="ended"),
        Address("appointment_new", "scope", FORM, see=street, act=street),
        of("appointment", held, act=street, elsewhere=(999_999,)),
        of("appointed_person", clerk.pk, elsewhere=(999_999,)),
        of("work_handover", held, see=street, act=street, elsewhere=(999_999,)),
        of("work_handover_print", moved, elsewhere=(999_999,)),
    ]


def offices(of: Of, home: Compound) -> list[Address]:
    """Return all of them."""
    return [*notices(of, home), *appointments(of, home)]
