"""What is posted of a ballot before it is voted: the notice, an extension; one view-model for page, PDF and hash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ballots.documents.papers import AskedLine, asked_line
from ballots.documents.rolls import RollTotals, totals_from
from ballots.documents.rules import rule_words
from ballots.models import Ballot
from ballots.rules import PROPOSALS
from compounds.documents.notices import Enclosure, enclosures, issuer_of
from compounds.models import Area
from core.hashing import canonical_json, sha256_text
from core.models import Document, User

NOTICE, EXTENSION = "ballot_notice", "ballot_extension"
SCHEMA = "wuhao-ballot-notice-1"
EXTENSION_SCHEMA = "wuhao-ballot-extension-1"


@dataclass(frozen=True)
class Posted:
    """What every posted paper of a ballot says: of which ballot, by whom, when, under which code."""

    code: str
    compound_code: str
    compound_name: str
    place: str
    issuer: str
    number: int
    title: str
    posted_on: date
    contact: str
    public_url: str = ""

    @property
    def verify_url(self) -> str:
        """Where the QR code leads."""
        return f"{self.public_url}/verify/{self.code}/"

    def said(self) -> dict[str, Any]:
        """Return this part as it is hashed and kept; where the portal stands on the net is no part of it."""
        return {
            "code": self.code,
            "compound": {"code": self.compound_code, "name": self.compound_name},
            "place": self.place,
            "issuer": self.issuer,
            "number": self.number,
            "title": self.title,
            "posted": self.posted_on.isoformat(),
            "contact": self.contact,
        }


@dataclass(frozen=True)
class NoticeRule:
    """The rule as the notice prints it; ``reason``: why it is not the one that the matter proposes."""

    name: str
    body: str
    source: str
    law_text: str
    matter_source: str
    reason: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class BallotNotice(Posted):
    """The notice of a ballot: what is voted, by whom and how it counts, the roll's totals, days and places."""

    matter: str = ""
    intro: str = ""
    rule: NoticeRule = NoticeRule("", "", "", "", "", "", ())
    questions: tuple[AskedLine, ...] = ()
    roll: RollTotals | None = None
    by_area: bool = False
    secret: bool = False
    from_on: date = date.min
    until_on: date = date.min
    roll_objections_until: date = date.min
    objection_days: int = 0
    return_place: str = ""
    count_place: str = ""
    single_entry: bool = False
    show_turnout: bool = True
    files: tuple[Enclosure, ...] = ()

    @property
    def data(self) -> str:
        """The canonical JSON that is hashed and kept."""
        rule = self.rule
        return canonical_json(
            {
                "schema": SCHEMA,
                **self.said(),
                "matter": self.matter,
                "intro": self.intro,
                "rule": {
                    "name": rule.name, "body": rule.body, "source": rule.source, "law_text": rule.law_text,
                    "matter_source": rule.matter_source, "reason": rule.reason, "words": list(rule.words),
                },
                "questions": [
                    {
                        "number": q.number, "text": q.text, "note": q.note, "how": q.how, "options": list(q.options),
                        "proposal": q.proposal, "write_in": len(q.write_in),
                    }
                    for q in self.questions
                ],
                "roll": self.roll.as_dict() if self.roll else None,
                "by_area": self.by_area,
                "secret": self.secret,
                "from": self.from_on.isoformat(),
                "until": self.until_on.isoformat(),
                "roll_objections_until": self.roll_objections_until.isoformat(),
                "objection_days": self.objection_days,
                "return_place": self.return_place,
                "count_place": self.count_place,
                "single_entry": self.single_entry,
                "show_turnout": self.show_turnout,
                "files": [
                    {"title": f.title, "type": f.content_type, "sha256": f.sha256, "size": f.size} for f in self.files
                ],
            }
        )  # fmt: skip

    @property
    def sha256(self) -> str:
        """The 校验码: the hash of the data."""
        return sha256_text(self.data)


@dataclass(frozen=True)
class ExtensionNotice(Posted):
    """That the time for voting is longer, and why."""

    from_until_on: date = date.min
    until_on: date = date.min
    reason: str = ""
    return_place: str = ""

    @property
    def data(self) -> str:
        """The canonical JSON that is hashed and kept."""
        return canonical_json(
            {
                "schema": EXTENSION_SCHEMA,
                **self.said(),
                "was_until": self.from_until_on.isoformat(),
                "until": self.until_on.isoformat(),
                "reason": self.reason,
                "return_place": self.return_place,
            }
        )

    @property
    def sha256(self) -> str:
        """The 校验码: the hash of the data."""
        return sha256_text(self.data)


def _posted(ballot: Ballot, *, code: str, user: User, posted_on: date, public_url: str) -> dict[str, Any]:
    compound = ballot.compound
    areas = list(Area.objects.containing(compound.area_code))
    return {
        "code": code,
        "compound_code": compound.code,
        "compound_name": compound.name,
        "place": "".join(area.name.removeprefix("北京市") for area in areas if area.level != "district"),
        "issuer": issuer_of(user, compound, areas, posted_on),
        "number": ballot.number,
        "title": ballot.title,
        "posted_on": posted_on,
        "contact": ballot.contact,
        "public_url": public_url,
    }


def ballot_notice(
    ballot: Ballot, roll: RollTotals, *, code: str, user: User, posted_on: date, public_url: str
) -> BallotNotice:
    """Return a ballot's notice as it would hang if this person posted it on a day."""
    rule = ballot.rule
    words = rule_words(rule, roll.heads, roll.area).sentences if roll.heads else ()
    questions = ballot.questions.order_by("number").prefetch_related("options")
    return BallotNotice(
        **_posted(ballot, code=code, user=user, posted_on=posted_on, public_url=public_url),
        matter=ballot.get_matter_display(),
        intro=ballot.intro,
        rule=NoticeRule(
            rule.name, rule.get_voter_display(), rule.source, rule.law_text, PROPOSALS[ballot.matter].source,
            ballot.rule_reason, words,
        ),
        questions=tuple(asked_line(question) for question in questions),
        roll=roll,
        by_area=rule.by_area,
        secret=ballot.secret,
        from_on=ballot.voting_from_on or posted_on,
        until_on=ballot.voting_until_on or posted_on,
        roll_objections_until=posted_on + timedelta(rule.roll_objection_days),
        objection_days=rule.objection_days,
        return_place=ballot.return_place,
        count_place=ballot.count_place,
        single_entry=ballot.single_entry,
        show_turnout=ballot.show_turnout,
        files=enclosures(list(ballot.attachments.order_by("pk"))),
    )  # fmt: skip


def extension_notice(
    ballot: Ballot, until_on: date, reason: str, *, code: str, user: User, posted_on: date, public_url: str
) -> ExtensionNotice:
    """Return the notice that the time for voting is longer."""
    return ExtensionNotice(
        **_posted(ballot, code=code, user=user, posted_on=posted_on, public_url=public_url),
        from_until_on=ballot.voting_until_on or until_on,
        until_on=until_on,
        reason=reason,
        return_place=ballot.return_place,
    )


# --- Back from what was kept --------------------------------------------------------------------------------------


def _posted_from(said: dict[str, Any], public_url: str) -> dict[str, Any]:
    return {
        "code": said["code"],
        "compound_code": said["compound"]["code"],
        "compound_name": said["compound"]["name"],
        "place": said["place"],
        "issuer": said["issuer"],
        "number": said["number"],
        "title": said["title"],
        "posted_on": date.fromisoformat(said["posted"]),
        "contact": said["contact"],
        "public_url": public_url,
    }


def read_notice(document: Document, public_url: str = "") -> BallotNotice:
    """Return the notice that a document keeps, word for word as it was posted."""
    said = json.loads(document.data)
    rule = said["rule"]
    return BallotNotice(
        **_posted_from(said, public_url),
        matter=said["matter"],
        intro=said["intro"],
        rule=NoticeRule(**{**rule, "words": tuple(rule["words"])}),
        questions=tuple(
            AskedLine(
                q["number"], q["text"], q["note"], q["how"], tuple(q["options"]), False, q["proposal"],
                tuple(range(q["write_in"])),
            )
            for q in said["questions"]
        ),
        roll=totals_from(said["roll"]),
        by_area=said["by_area"],
        secret=said["secret"],
        from_on=date.fromisoformat(said["from"]),
        until_on=date.fromisoformat(said["until"]),
        roll_objections_until=date.fromisoformat(said["roll_objections_until"]),
        objection_days=said["objection_days"],
        return_place=said["return_place"],
        count_place=said["count_place"],
        single_entry=said["single_entry"],
        show_turnout=said["show_turnout"],
        files=tuple(Enclosure(f["title"], f["type"], f["sha256"], f["size"]) for f in said["files"]),
    )  # fmt: skip


def read_extension(document: Document, public_url: str = "") -> ExtensionNotice:
    """Return the extension that a document keeps."""
    said = json.loads(document.data)
    return ExtensionNotice(
        **_posted_from(said, public_url),
        from_until_on=date.fromisoformat(said["was_until"]),
        until_on=date.fromisoformat(said["until"]),
        reason=said["reason"],
        return_place=said["return_place"],
    )
