"""Making a backup while the product runs: anchors, then the database, then the files that its rows name."""

from __future__ import annotations

import os
import secrets
import shutil
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.db import connection

from core.models import Attachment, DocumentFile, User
from core.operations import file_name, record
from portal.keeping.databases import dump_database
from portal.keeping.manifest import (
    ANCHORS,
    BLOCK,
    DOCUMENTS,
    DUMPS,
    FOLDER_MODE,
    Manifest,
    NotKept,
    blocks_of,
    hash_file,
    write_file,
    write_manifest,
)


def product_version() -> str:
    """Return the version of the product, as its own project file says."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def stored_names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Yield the names of all files in a store; those being written this moment are left out."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in sorted(files):
        if not name.startswith("."):
            yield f"{folder}/{name}" if folder else name
    for name in sorted(folders):
        yield from stored_names(storage, f"{folder}/{name}" if folder else name)


def named_files() -> set[str]:
    """Return the names of the stored files that rows rely on."""
    hashes = {
        *DocumentFile.objects.values_list("sha256", flat=True),
        *Attachment.objects.values_list("sha256", flat=True),
    }
    return {file_name(sha256) for sha256 in hashes}


def make_backup(folder: Path, *, actor: User, at: datetime, despite_missing: bool = False) -> dict[str, Any]:
    """Make a backup in a new or empty folder and record it; the folder appears only when it is whole.

    The anchors come first, so that none speaks of a voucher that the copy of the database lacks; the database comes
    before the files, so that no row names a file that the copy lacks (quality.md, D19).

    :raises NotKept: when the folder holds something, a tool is missing, or a file that a row names is lost.
    """
    folder = folder.absolute()
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise NotKept(f"{folder}里已经有东西。备份要放进一个新的或空的文件夹。")
    if not folder.parent.is_dir():
        raise NotKept(f"没有{folder.parent}这个文件夹。")
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.mkdir(mode=FOLDER_MODE)
        manifest, sha256 = _fill(partial, at, despite_missing)
        _sync(partial)
        os.rename(partial, folder)
        _sync(folder.parent)
    except OSError as problem:
        raise NotKept(f"写不进去：{problem.strerror or problem}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    rows = sum(manifest.facts.tables.values())
    record(
        "backup",
        f"备份数据库和文件：{rows}行，{len(manifest.files) - 2}个文件",
        actor=actor,
        at=at,
        data={"manifest": sha256, "missing": len(manifest.missing)},
    )
    return {
        "folder": str(folder),
        "database": manifest.vendor,
        "tables": len(manifest.facts.tables),
        "rows": rows,
        "books": len(manifest.facts.heads),
        "documents": len(manifest.files) - 2,
        "bytes": sum(said["size"] for said in manifest.files.values()),
        "manifest": sha256,
        "missing": manifest.missing,
    }


def _fill(folder: Path, at: datetime, despite_missing: bool) -> tuple[Manifest, str]:
    """Write everything into a folder, the manifest last."""
    anchors = settings.ANCHORS_FILE
    # Complete lines only: another may be written this moment.
    text = b"".join(blocks_of(anchors)) if anchors.exists() else b""
    text = text[: text.rfind(b"\n") + 1]
    files = {ANCHORS: write_file(folder / ANCHORS, iter([text]))}
    dump = folder / DUMPS[connection.vendor]
    facts = dump_database(dump)
    files[dump.name] = hash_file(dump)
    named = named_files()  # before the store is listed: what is added meanwhile is only more
    for name in stored_names(default_storage):
        with default_storage.open(name) as source:
            blocks = iter(lambda: source.read(BLOCK), b"")
            files[f"{DOCUMENTS}/{name}"] = write_file(folder / DOCUMENTS / name, blocks)
    # Files are named by their own hash: one that changed in the store is as lost as one that is gone.
    kept = {n.removeprefix(f"{DOCUMENTS}/") for n, w in files.items() if n == f"{DOCUMENTS}/{file_name(w.sha256)}"}
    lost = sorted(f"{DOCUMENTS}/{name}" for name in named - kept)
    if lost and not despite_missing:
        raise NotKept(
            f"有{len(lost)}个票据或公示文件不见了或被改动，没有备份。先从旧备份找回；找不回的，加 --despite-missing 再备份。",
            lost,
        )
    manifest = Manifest(
        vendor=connection.vendor,
        version=product_version(),
        made_at=at.astimezone(UTC).isoformat(),
        facts=facts,
        anchor_lines=text.count(b"\n"),
        files={name: {"size": written.size, "sha256": written.sha256} for name, written in sorted(files.items())},
        missing=lost,
    )
    return manifest, write_manifest(folder, manifest)


def _sync(folder: Path) -> None:
    """Force a folder's own entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
