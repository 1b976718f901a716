"""A stored file is whole or absent, never overwritten, and has no address."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import ContentFile

from core.storage import FolderStorage


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    return FolderStorage(location=str(tmp_path / "documents"))


def files(storage: FolderStorage) -> list[str]:
    return sorted(p.name for p in Path(storage.location).rglob("*") if p.is_file())


def test_bytes_come_back_under_the_name_given(storage: FolderStorage) -> None:
    assert storage.save("ab/abcd", ContentFile(b"x" * 200_000)) == "ab/abcd"

    with storage.open("ab/abcd") as file:
        assert file.read() == b"x" * 200_000
    assert files(storage) == ["abcd"]
    assert os.stat(storage.path("ab/abcd")).st_mode & 0o777 == 0o640


def test_the_same_bytes_again_are_no_error_other_bytes_are(storage: FolderStorage) -> None:
    storage.save("a/1", ContentFile(b"one"))

    assert storage.save("a/1", ContentFile(b"one")) == "a/1"
    for other in (b"two", b"longer than one"):
        with pytest.raises(FileExistsError):
            storage.save("a/1", ContentFile(other))
    with storage.open("a/1") as file:
        assert file.read() == b"one"
    assert files(storage) == ["1"]


def test_a_full_disk_leaves_nothing_behind(storage: FolderStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.save("1", ContentFile(b"one"))
    monkeypatch.undo()
    assert files(storage) == []
    assert storage.save("1", ContentFile(b"one")) == "1"


def test_the_name_appears_only_after_the_bytes_are_on_disk(
    storage: FolderStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (seen.append(files(storage)), real(fd))[1])
    storage.save("name", ContentFile(b"one"))

    assert "name" not in [n for names in seen[:-1] for n in names]
    assert seen[-1] == ["name"]


def test_it_has_no_address_and_keeps_to_its_folder(storage: FolderStorage) -> None:
    with pytest.raises(ValueError, match="address"):
        storage.url("a")
    with pytest.raises(SuspiciousFileOperation):
        storage.save("../outside", ContentFile(b"x"))
