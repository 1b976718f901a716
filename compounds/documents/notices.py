"""A notice as it hangs: one frozen view-model for page, PDF and hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from compounds.choices import Role
from compounds.models import Area, Compound, NoticeDraft, areas_of
from core.hashing import canonical_json, sha256_text
from core.models import Attachment, User

SCHEMA = "wuhao-notice-1"
PICTURE = "image/jpeg"


@dataclass(frozen=True)
class Enclosure:
    """A file that hangs with a notice: its name on the page, the hash and size (bytes) of what is stored."""

    title: str
    content_type: str
    sha256: str
    size: int

    @property
    def is_picture(self) -> bool:
        """Whether it is a photograph, which page and paper show; a PDF is named only."""
        return self.content_type == PICTURE


@dataclass(frozen=True)
class NoticePaper:
    """A notice with everything that its paper says; ``until_on`` None: until it is taken down."""

    compound_code: str
    compound_name: str
    place: str
    issuer: str
    title: str
    body: str
    from_on: date
    until_on: date | None
    posted_on: date
    contact_place: str
    contact_phone: str
    code: str
    files: tuple[Enclosure, ...]
    public_url: str = ""

    @property
    def data(self) -> str:
        """The canonical JSON that is hashed and kept; where the portal stands on the net is no part of it."""
        said: dict[str, Any] = {
            "schema": SCHEMA,
            "code": self.code,
            "compound": {"code": self.compound_code, "name": self.compound_name},
            "place": self.place,
            "issuer": self.issuer,
            "title": self.title,
            "body": self.body,
            "from": self.from_on.isoformat(),
            "until": self.until_on.isoformat() if self.until_on else None,
            "posted": self.posted_on.isoformat(),
            "contact": {"place": self.contact_place, "phone": self.contact_phone},
            "files": [
                {"title": f.title, "type": f.content_type, "sha256": f.sha256, "size": f.size} for f in self.files
            ],
        }
        return canonical_json(said)

    @property
    def sha256(self) -> str:
        """The 校验码: the hash of the data."""
        return sha256_text(self.data)

    @property
    def verify_url(self) -> str:
        """Where the QR code leads."""
        return f"{self.public_url}/verify/{self.code}/"


def enclosures(papers: Sequence[Attachment]) -> tuple[Enclosure, ...]:
    """Return files as a notice names them: photographs by number, since a phone's names say nothing, PDFs by name."""
    found, pictures = [], 0
    for paper in papers:
        if paper.content_type == PICTURE:
            pictures += 1
            title = f"照片{pictures}"
        else:
            title = paper.name.removesuffix(".pdf").removesuffix(".PDF")
        found.append(Enclosure(title, paper.content_type, paper.sha256, paper.size))
    return tuple(found)


def issuer_of(user: User, compound: Compound, areas: Sequence[Area], on: date) -> str:
    """Return in whose name a person posts: the residents' committee, the street's office, or the compound's 自管会."""
    named = {area.level: area.name.removeprefix("北京市") for area in areas}
    community, street = named.get("community", ""), named.get("street", "")
    for roles, name in (
        ([Role.COMMUNITY_CLERK, Role.COMMUNITY_SECRETARY], f"{community}居民委员会"),
        ([Role.COMMITTEE_HEAD, Role.COMMITTEE_DEPUTY], f"{compound.name}自管会"),
        ([Role.STREET_STAFF], f"{street}办事处"),
    ):
        if any(compound.area_code.startswith(code) for code in areas_of(user, on, roles)):
            return name
    return f"{community}居民委员会"


def notice_paper(
    draft: NoticeDraft, *, code: str, user: User, posted_on: date, papers: Sequence[Attachment], public_url: str
) -> NoticePaper:
    """Return a draft as it would hang if this person posted it on a day: never from an earlier one."""
    compound = draft.compound
    areas = list(Area.objects.containing(compound.area_code))
    near = [area for area in reversed(areas) if area.level != "district"]
    return NoticePaper(
        compound_code=compound.code,
        compound_name=compound.name,
        place="".join(area.name.removeprefix("北京市") for area in areas if area.level != "district"),
        issuer=issuer_of(user, compound, areas, posted_on),
        title=draft.title,
        body=draft.body,
        from_on=max(draft.from_on, posted_on),
        until_on=draft.until_on,
        posted_on=posted_on,
        contact_place=next((area.office for area in near if area.office), ""),
        contact_phone=next((area.phone for area in near if area.phone), ""),
        code=code,
        files=enclosures(papers),
        public_url=public_url,
    )
