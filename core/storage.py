"""The folder in which issued files and attachments lie: written whole or not at all, never overwritten."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

FILE_MODE = 0o640
FOLDER_MODE = 0o750


class FolderStorage(FileSystemStorage):
    """Files under one folder, without an address of their own.

    A file appears under its name only when its bytes are on the disk (temporary file, fsync, link, fsync of the
    folder). Names come from contents, so saving the same bytes again is no error; other bytes under a taken name are.
    """

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """Keep the name as given: another one would not be found again."""
        return name

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        self._make_folder(target.parent)
        temporary = target.parent / f".{secrets.token_hex(8)}.tmp"
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fchmod(file.fileno(), FILE_MODE)
                os.fsync(file.fileno())
            try:
                # A link, unlike a rename, fails where the name is taken.
                os.link(temporary, target)
            except FileExistsError:
                if not _same_bytes(temporary, target):
                    raise FileExistsError(f"Other bytes are stored under {name}.") from None
        finally:
            temporary.unlink(missing_ok=True)
        _sync_folder(target.parent)
        return name

    def _make_folder(self, folder: Path) -> None:
        """Create the folder and those above it, each entered in its parent for good."""
        missing = [f for f in (folder, *folder.parents) if not f.exists()]
        for each in reversed(missing):
            each.mkdir(mode=FOLDER_MODE, exist_ok=True)
            _sync_folder(each.parent)

    def url(self, name: str | None) -> str:
        """Refuse: files are handed out by views, which ask who may see them."""
        raise ValueError("A stored file has no address of its own.")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _blocks(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            yield block


def _same_bytes(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and all(
        a == b for a, b in zip(_blocks(one), _blocks(other), strict=True)
    )
