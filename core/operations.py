"""Verbs of core that write: history, accounts, issued documents, attachments."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.db.models import F

from core.choices import EvidenceKind, UserKind
from core.codes import draw_code
from core.hashing import canonical_json, clean_text, sha256_bytes
from core.models import Attachment, DeskVisit, Document, DocumentFile, Entry, User
from core.money import half_width
from core.papers import AttachmentRefused as AttachmentRefused
from core.papers import clean_attachment


def record(
    action: str,
    summary: str,
    *,
    actor: User | None,
    at: datetime,
    area_code: str = "",
    subject: models.Model | None = None,
    data: Mapping[str, object] | None = None,
    role: str = "",
) -> Entry:
    """Write one line of history, in the caller's transaction: undone with it, and refusing with it.

    ``summary`` is cut to its column and kept on one line; ``data`` holds before and after, personal fields masked.
    The address is the one that the web door noted on the actor (``User.seen_from``).
    """
    kind = subject._meta.label_lower if subject is not None else ""
    new = NewEntry(action, summary, area_code, kind, str(subject.pk) if subject is not None else "", data, role)
    entry = _entry(new, actor, at)
    entry.save(force_insert=True)
    return entry


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One line of history to write beside many others; see ``record``."""

    action: str
    summary: str
    area_code: str = ""
    object_type: str = ""
    object_id: str = ""
    data: Mapping[str, object] | None = None
    role: str = ""


def record_each(entries: Iterable[NewEntry], *, actor: User | None, at: datetime) -> None:
    """Write many lines of history, in the caller's transaction."""
    Entry.objects.bulk_create((_entry(new, actor, at) for new in entries), batch_size=500)


def _entry(new: NewEntry, actor: User | None, at: datetime) -> Entry:
    return Entry(
        at=at,
        actor=actor,
        actor_name=(actor.name or actor.username) if actor else "",
        role=new.role,
        area_code=new.area_code,
        action=new.action,
        summary=" ".join(new.summary.split())[:300],
        object_type=new.object_type,
        object_id=new.object_id,
        data=canonical_json(new.data) if new.data else "",
        ip=actor.seen_from[:45] if actor else "",
    )


# --- Accounts -----------------------------------------------------------------------------------------------------

# Without the signs that are read for one another on a printed slip.
# How long the slip's password waits for its person.
ONE_TIME = timedelta(days=7)
_SLIP_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def draw_password() -> str:
    """Return a one-time password for a printed slip: 12 signs of 31, in groups of four."""
    signs = [secrets.choice(_SLIP_ALPHABET) for _ in range(12)]
    return "-".join("".join(signs[i : i + 4]) for i in (0, 4, 8))


@transaction.atomic
def create_user(
    username: str,
    name: str,
    *,
    actor: User | None,
    at: datetime,
    phone: str = "",
    password: str | None = None,
    must_change_password: bool = True,
) -> User:
    """Make a person's account; without a password it cannot log in yet. Record it."""
    user = User(
        username=username,
        name=name,
        phone=phone,
        created_at=at,
        must_change_password=must_change_password,
    )
    user.set_password(password)
    user.one_time_until = at + ONE_TIME if password and must_change_password else None
    user.save(force_insert=True)
    record("user.create", f"建立账号{username}", actor=actor, at=at, subject=user)
    return user


@transaction.atomic
def set_password(user: User, password: str, *, actor: User, at: datetime, one_time: bool) -> None:
    """Set a password: the person's own, or a slip's that opens the door once and not for ever. Record it.

    Every session of the person ends, as sessions carry the password's hash; no PIN brings them back, and a slip means
    that the PIN is forgotten with the password.
    """
    user.set_password(password)
    user.must_change_password = one_time
    user.one_time_until = at + ONE_TIME if one_time else None
    if one_time:
        user.pin = ""
    user.save(update_fields=["password", "must_change_password", "one_time_until", "pin"])
    DeskVisit.objects.filter(user=user).delete()
    what = f"为{user.username}打印一次性密码" if one_time else "修改自己的密码"
    record("user.password", what, actor=actor, at=at, subject=user)


@transaction.atomic
def use_up_password(user: User, *, at: datetime) -> None:
    """Let a one-time password open the door no second time (v5.0.0-6.4.1); the person now sets a password of their own."""
    user.set_unusable_password()
    user.one_time_until = None
    user.save(update_fields=["password", "one_time_until"])
    record("user.password", f"{user.username}的一次性密码用过了", actor=user, at=at, subject=user)


@transaction.atomic
def set_active(user: User, active: bool, *, actor: User, at: datetime) -> None:
    """Switch an account on or off; switched off, its next request is refused. Record it."""
    user.is_active = active
    user.save(update_fields=["is_active"])
    record("user.active" if active else "user.inactive", f"{'启用' if active else '停用'}账号{user.username}",
           actor=actor, at=at, subject=user)  # fmt: skip


# --- Changing by PIN on a shared PC -------------------------------------------------------------------------------


def note_visit(desk: str, user: User, *, at: datetime, since: datetime) -> None:
    """Note that someone gave the password at a desk; what was noted before today is forgotten."""
    DeskVisit.objects.filter(password_at__lt=since).delete()
    DeskVisit.objects.update_or_create(desk=desk, user=user, defaults={"password_at": at, "wrong": 0})


def forget_visit(desk: str, user: User) -> None:
    """Let someone give the password again at a desk."""
    DeskVisit.objects.filter(desk=desk, user=user).delete()


@transaction.atomic
def set_pin(user: User, pin: str, *, actor: User, at: datetime) -> None:
    """Set the six digits, or with "" take them away. Record it."""
    user.pin = make_password(pin) if pin else ""
    user.save(update_fields=["pin"])
    record("user.pin", "设六位数字" if pin else "不再用六位数字", actor=actor, at=at, subject=user)


def enter_by_pin(
    visit: DeskVisit, pin: str, *, since: datetime, at: datetime, from_where: str, area_code: str
) -> User | None:
    """Return whose turn it is at a desk, or None where the digits are not theirs; either is recorded.

    A try is counted before it is judged: however many come at once, no more than so many are judged. Not atomic, so
    that what was counted stays counted.
    """
    mine = DeskVisit.objects.at_desk(visit.desk, since).filter(pk=visit.pk)
    if not mine.update(wrong=F("wrong") + 1):
        return None
    user = User.objects.get(pk=visit.user_id)
    user.seen_from = from_where
    if not (user.pin and check_password(pin, user.pin)):
        record("login.pin_failed", "换人时数字不对", actor=user, at=at, area_code=area_code, subject=user)
        return None
    DeskVisit.objects.filter(pk=visit.pk).update(wrong=0)
    return user


def machine(username: str) -> User:
    """Return one of the command line's accounts."""
    return User.objects.get(username=username, kind=UserKind.MACHINE)


# --- Issued documents ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NewFile:
    """Bytes to issue in one format (pdf, html, csv, json)."""

    format: str
    content: bytes
    pages: int = 0


@dataclass(frozen=True)
class StoredFile:
    """Bytes that lie in the store under their hash; the row that names them comes after."""

    format: str
    sha256: str
    size: int
    pages: int


@dataclass(frozen=True)
class NewDocument:
    """Everything of a document to issue but its row."""

    code: str
    kind: str
    title: str
    version: int
    area_code: str
    data: str
    sha256: str
    files: list[StoredFile] = field(default_factory=list)


def file_name(sha256: str) -> str:
    """Return the stored name of bytes: content-addressed, so that equal bytes are one file."""
    return f"{sha256[:2]}/{sha256}"


def store_bytes(content: bytes) -> str:
    """Put bytes into the store (temporary file, fsync, rename) and return their sha256; before any row names them."""
    sha256 = sha256_bytes(content)
    name = file_name(sha256)
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))
    return sha256


def store_files(files: list[NewFile]) -> list[StoredFile]:
    """Put a document's files into the store; outside any transaction, as it is slow."""
    return [StoredFile(f.format, store_bytes(f.content), len(f.content), f.pages) for f in files]


def read_bytes(sha256: str) -> bytes:
    """Return stored bytes.

    :raises FileNotFoundError: when the store has lost them.
    """
    with default_storage.open(file_name(sha256)) as handle:
        content: bytes = handle.read()
        return content


def draw_document_code() -> str:
    """Return a verify code that no document bears yet."""
    while True:
        code = draw_code()
        if not Document.objects.filter(code=code).exists():
            return code


def issue_document(new: NewDocument, *, actor: User, at: datetime) -> Document:
    """Write the rows of an issued document whose files are stored already; in the caller's transaction."""
    document = Document.objects.create(
        code=new.code,
        kind=new.kind,
        title=new.title,
        version=new.version,
        area_code=new.area_code,
        data=new.data,
        sha256=new.sha256,
        issued_at=at,
        issued_by=actor,
    )
    for stored in new.files:
        DocumentFile.objects.create(
            document=document, format=stored.format, sha256=stored.sha256, size=stored.size, pages=stored.pages
        )
    return document


# --- Attachments --------------------------------------------------------------------------------------------------

# Signs that a name shall not have: it stands in headers, pages and on disks of all kinds.
_NO_NAME = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*]+")
LONGEST_NAME, LONGEST_NUMBER = 120, 60


def paper_number(text: str) -> str:
    """Return a paper's number as it is compared: half-width, capitals, without spaces.

    :raises AttachmentRefused: when it is too long or has signs that cannot be shown.
    """
    try:
        number = clean_text("".join(half_width(text).split())).upper()
    except ValueError as problem:
        raise AttachmentRefused(f"票据号码：{problem}") from None
    if len(number) > LONGEST_NUMBER:
        raise AttachmentRefused(f"票据号码太长，最多{LONGEST_NUMBER}个字。")
    return number


def _paper_name(name: str) -> str:
    """Return a file's name without folders and signs that could do something; its end is kept, where the kind is."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in _NO_NAME.sub("", last) if sign.isprintable()).strip(" .")
    return plain[-LONGEST_NAME:] or "票据"


class AlreadySuperseded(Exception):
    """Another paper stands in this one's place already."""


@dataclass(frozen=True)
class KeptPaper:
    """A paper's bytes that lie in the store already; the row that names them comes after."""

    name: str
    content_type: str
    size: int
    sha256: str


def store_paper(content: bytes, *, name: str) -> KeptPaper:
    """Put a paper's picture or PDF into the store; outside any transaction, as it is slow.

    :raises AttachmentRefused: when the bytes are no photograph or PDF that can be kept.
    """
    kept, content_type = clean_attachment(content)
    return KeptPaper(_paper_name(name), content_type, len(kept), store_bytes(kept))


@transaction.atomic
def enter_attachment(
    paper: KeptPaper,
    *,
    kind: str,
    number: str,
    area_code: str,
    actor: User,
    at: datetime,
    supersedes: Attachment | None = None,
) -> Attachment:
    """Write the row of a stored paper, which never changes afterwards, and record it.

    ``supersedes``: the paper in whose place this one comes; that one stays as it is (会计法 14).

    :raises AttachmentRefused: when the number cannot be kept.
    :raises AlreadySuperseded: when another paper came into that place before.
    """
    number = paper_number(number)
    try:
        with transaction.atomic():
            attachment = Attachment.objects.create(
                kind=kind if kind in EvidenceKind.values else EvidenceKind.OTHER,
                number=number,
                name=paper.name,
                content_type=paper.content_type,
                size=paper.size,
                sha256=paper.sha256,
                area_code=area_code,
                supersedes=supersedes,
                added_by=actor,
                added_at=at,
            )
    except IntegrityError:
        if supersedes is not None and Attachment.objects.filter(supersedes=supersedes).exists():
            raise AlreadySuperseded from None
        raise
    data: dict[str, object] = {"sha256": paper.sha256, "kind": attachment.kind, "number": number}
    action, what = "attachment.add", f"加票据{paper.name}"
    if supersedes is not None:
        action, what = "attachment.supersede", f"用新的代替票据{supersedes.name}"
        data["supersedes"] = supersedes.pk
    record(action, what, actor=actor, at=at, area_code=area_code, subject=attachment, data=data)
    return attachment


def add_attachment(
    content: bytes, *, name: str, kind: str, number: str, area_code: str, actor: User, at: datetime
) -> Attachment:
    """Keep a paper's picture or PDF; the stored bytes never change afterwards.

    :raises AttachmentRefused: when the bytes are no photograph or PDF that can be kept, or the number is no number.
    """
    paper_number(number)  # before anything is stored
    paper = store_paper(content, name=name)
    return enter_attachment(paper, kind=kind, number=number, area_code=area_code, actor=actor, at=at)
