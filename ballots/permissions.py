"""Who may do what with a ballot: the community and the street run it, two persons count, nobody alone decides."""

from __future__ import annotations

from datetime import date

from ballots.models import Ballot
from compounds.choices import Role
from compounds.models import Compound
from compounds.permissions import has_role
from core.models import User

# Who drafts, announces, issues papers and takes them back.
RUNNERS = (Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF)
SETTLERS = (Role.COMMUNITY_SECRETARY, Role.STREET_STAFF)
CERTIFIERS = (Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY, Role.STREET_STAFF, Role.COMMITTEE_HEAD)


def can_run_ballots(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user drafts and announces ballots, keeps the roll, issues papers and takes them back."""
    return has_role(user, RUNNERS, compound.area_code, on)


def can_enter_papers(user: User, ballot: Ballot, on: date) -> bool:
    """Return whether the user enters this ballot's papers: the community's clerk, or who was named for it."""
    if has_role(user, [Role.COMMUNITY_CLERK], ballot.compound.area_code, on):
        return True
    return user.is_authenticated and Ballot.objects.filter(pk=ballot.pk).counted_by(user, on).exists()


def can_settle_papers(user: User, ballot: Ballot, on: date) -> bool:
    """Return whether the user settles differences (监票, 书记); that they entered neither is the operation's to see."""
    return has_role(user, SETTLERS, ballot.compound.area_code, on)


def can_certify_ballots(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user is one of the two who certify a count."""
    return has_role(user, CERTIFIERS, compound.area_code, on)


def can_fell_ballots(user: User, compound: Compound, on: date) -> bool:
    """Return whether the user annuls a decision, or notes that a court set it aside: the street (BPR 8, 51)."""
    return has_role(user, [Role.STREET_STAFF], compound.area_code, on)
