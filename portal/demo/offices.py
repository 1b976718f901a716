"""Who prepares and confirms the steps in the demo: clerk and secretary of a community, staff and deputy of a street."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from compounds.choices import Role
from core.models import User
from portal.demo.places import PEOPLE, Person, people_names

# Role: what the login name begins with, how many digits of the code are the office's.
OFFICES = {
    Role.COMMUNITY_CLERK: ("lr", 12),
    Role.COMMUNITY_SECRETARY: ("sj", 12),
    Role.STREET_STAFF: ("bp", 9),
    Role.STREET_DEPUTY: ("zr", 9),
}


@dataclass
class Offices:
    """The people of each office, made when first asked for; those printed for the demo keep theirs."""

    make: Callable[[Person], User]
    made: dict[tuple[str, str], User] = field(default_factory=dict)

    def holder(self, role: Role, code: str) -> User:
        """Return who holds an office over an area."""
        start, length = OFFICES[role]
        area = code[:length]
        if (role, area) not in self.made:
            known = next((person for person in PEOPLE if (person.role, person.area) == (role, area)), None)
            name = next(people_names(f"{role}{area}"))
            self.made[role, area] = self.make(known or Person(f"{start}{area[6:]}", name, role, area))
        return self.made[role, area]

    def chain(self, code: str) -> tuple[User, User, User, User]:
        """Return clerk, secretary, staff and deputy above a compound."""
        clerk, secretary, staff, deputy = (self.holder(role, code) for role in OFFICES)
        return clerk, secretary, staff, deputy
