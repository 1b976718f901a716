"""Verbs of core that write: history, accounts, issued documents, attachments."""

from __future__ import annotations

import io
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models, transaction

from core.choices import EvidenceKind, UserKind
from core.codes import draw_code
from core.hashing import canonical_json, sha256_bytes
from core.models import Attachment, Document, DocumentFile, Entry, User


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
    return Entry.objects.create(
        at=at,
        actor=actor,
        actor_name=(actor.name or actor.username) if actor else "",
        role=role,
        area_code=area_code,
        action=action,
        summary=" ".join(summary.split())[:300],
        object_type=subject._meta.label_lower if subject is not None else "",
        object_id=str(subject.pk) if subject is not None else "",
        data=canonical_json(data) if data else "",
        ip=actor.seen_from[:45] if actor else "",
    )


# --- Accounts -----------------------------------------------------------------------------------------------------

# Without the signs that are read for one another on a printed slip.
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
    user.save(force_insert=True)
    record("user.create", f"建立账号{username}", actor=actor, at=at, subject=user)
    return user


@transaction.atomic
def set_password(user: User, password: str, *, actor: User, at: datetime, one_time: bool) -> None:
    """Set a password: the person's own, or a slip's that must be changed at the next login. Record it."""
    user.set_password(password)
    user.must_change_password = one_time
    user.save(update_fields=["password", "must_change_password"])
    what = f"为{user.username}打印一次性密码" if one_time else "修改自己的密码"
    record("user.password", what, actor=actor, at=at, subject=user)


@transaction.atomic
def set_active(user: User, active: bool, *, actor: User, at: datetime) -> None:
    """Switch an account on or off; switched off, its next request is refused. Record it."""
    user.is_active = active
    user.save(update_fields=["is_active"])
    record("user.active" if active else "user.inactive", f"{'启用' if active else '停用'}账号{user.username}",
           actor=actor, at=at, subject=user)  # fmt: skip


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

MAX_ATTACHMENT = 12 * 1024 * 1024
MAX_PIXELS = 60_000_000


class AttachmentRefused(Exception):
    """The file is no picture or PDF that can be kept; str() is the reason in Chinese."""


def _picture(content: bytes) -> bytes:
    """Return a photograph re-encoded as JPEG, upright, without any metadata or trailing bytes."""
    from PIL import Image, ImageOps

    try:
        image = Image.open(io.BytesIO(content), formats=["JPEG", "PNG"])
        if image.width * image.height > MAX_PIXELS:
            raise AttachmentRefused("照片太大：像素超过6000万。请缩小后再传。")
        image.load()
    except AttachmentRefused:
        raise
    except Exception:
        raise AttachmentRefused("这张照片打不开。请用JPG或PNG照片，或PDF文件。") from None
    upright = ImageOps.exif_transpose(image).convert("RGB")
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=85)
    return out.getvalue()


def clean_attachment(content: bytes) -> tuple[bytes, str]:
    """Return the bytes to keep and their type: photographs re-encoded, PDFs as they are.

    :raises AttachmentRefused: for anything else, too large, or broken.
    """
    if len(content) > MAX_ATTACHMENT:
        raise AttachmentRefused(f"文件太大：{len(content) // 1048576}MB，最多12MB。请缩小或分开拍。")
    if content.startswith(b"%PDF-"):
        return content, "application/pdf"
    return _picture(content), "image/jpeg"


@dataclass(frozen=True)
class KeptPaper:
    """A paper's bytes that lie in the store already; the row that names them comes after."""

    name: str
    content_type: str
    size: int
    sha256: str


def store_paper(content: bytes, *, name: str) -> KeptPaper:
    """Put a paper's picture or PDF into the store; outside any transaction, as it is slow.

    :raises AttachmentRefused: when the bytes are no photograph or PDF.
    """
    kept, content_type = clean_attachment(content)
    short = name.replace("\\", "/").rsplit("/", 1)[-1][-120:] or "票据"
    return KeptPaper(short, content_type, len(kept), store_bytes(kept))


@transaction.atomic
def enter_attachment(
    paper: KeptPaper, *, kind: str, number: str, area_code: str, actor: User, at: datetime
) -> Attachment:
    """Write the row of a stored paper, and record it."""
    attachment = Attachment.objects.create(
        kind=kind or EvidenceKind.OTHER,
        number=number,
        name=paper.name,
        content_type=paper.content_type,
        size=paper.size,
        sha256=paper.sha256,
        area_code=area_code,
        added_by=actor,
        added_at=at,
    )
    record("attachment.add", f"加票据{attachment.name}", actor=actor, at=at, area_code=area_code,
           subject=attachment, data={"sha256": paper.sha256})  # fmt: skip
    return attachment


def add_attachment(
    content: bytes, *, name: str, kind: str, number: str, area_code: str, actor: User, at: datetime
) -> Attachment:
    """Keep a paper's picture or PDF; the stored bytes never change afterwards.

    :raises AttachmentRefused: when the bytes are no photograph or PDF.
    """
    paper = store_paper(content, name=name)
    return enter_attachment(paper, kind=kind, number=number, area_code=area_code, actor=actor, at=at)
