"""What a backup says of itself: every file with its sha256, every table with its rows, every chain with its head."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from core.hashing import canonical_json, sha256_text

SCHEMA = "backup/1"
NAME = "manifest.json"
ANCHORS = "anchors.jsonl"
DOCUMENTS = "documents"
DUMPS = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
FILE_MODE, FOLDER_MODE = 0o600, 0o700  # registers and receipts: for the operator's eyes only
BLOCK = 1 << 20


class NotKept(Exception):
    """The backup or restore is not done, and nothing is changed; str() is why, in Chinese."""

    def __init__(self, reason: str, errors: list[str] | None = None) -> None:
        super().__init__(reason)
        self.errors = errors or []


@dataclass(frozen=True)
class Facts:
    """What stands in a database: who it is, how many rows, where each chain ends, which files its rows name."""

    site: str
    tables: dict[str, int]
    heads: dict[str, dict[str, Any]]  # by "compound/book": count, year, number, hash; count 0 is the opening
    migrations: list[str]


@dataclass
class Manifest:
    """A backup's own description; ``sha256`` in the file is over all the rest."""

    vendor: str
    version: str
    made_at: str
    facts: Facts
    anchor_lines: int
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def dump(self) -> str:
        """The name of the database's file."""
        return DUMPS[self.vendor]

    def to_data(self) -> dict[str, Any]:
        data: dict[str, Any] = {"schema": SCHEMA, **asdict(self)}
        return {**data, "sha256": sha256_text(canonical_json(data))}


@dataclass(frozen=True)
class Written:
    """Bytes that were copied: how many, and their hash."""

    size: int
    sha256: str


def write_file(target: Path, blocks: Iterator[bytes]) -> Written:
    """Write a new file to the disk for good; return its size and hash."""
    digest, size = hashlib.sha256(), 0
    target.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        for block in blocks:
            file.write(block)
            digest.update(block)
            size += len(block)
        file.flush()
        os.fsync(file.fileno())
    return Written(size, digest.hexdigest())


def blocks_of(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, a block at a time."""
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            yield block


def hash_file(path: Path) -> Written:
    """Return a file's size and hash."""
    digest, size = hashlib.sha256(), 0
    for block in blocks_of(path):
        digest.update(block)
        size += len(block)
    return Written(size, digest.hexdigest())


def write_manifest(folder: Path, manifest: Manifest) -> str:
    """Write the manifest, the last file of a backup; return its own hash."""
    data = manifest.to_data()
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)
    write_file(folder / NAME, iter([text.encode()]))
    sha256: str = data["sha256"]
    return sha256


def _is_safe(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and str(path) == name and "\\" not in name


def read_manifest(folder: Path) -> Manifest:
    """Return a backup's manifest.

    :raises NotKept: when the folder holds none, or it was changed after it was written.
    """
    try:
        data = json.loads((folder / NAME).read_bytes())
        said = data.pop("sha256")
        if data.pop("schema") != SCHEMA or said != sha256_text(canonical_json({"schema": SCHEMA, **data})):
            raise ValueError(NAME)
        manifest = Manifest(**{**data, "facts": Facts(**data["facts"])})
        if (
            manifest.vendor not in DUMPS
            or not all(map(_is_safe, manifest.files))
            or manifest.dump not in manifest.files
        ):
            raise ValueError(NAME)
    except FileNotFoundError:
        raise NotKept(f"{folder}里没有{NAME}：这不是一份做完的备份。") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise NotKept(f"{folder}里的{NAME}读不出来，或者写好以后被改动过。") from None
    return manifest


def check_files(folder: Path, manifest: Manifest) -> list[str]:
    """Return what is wrong with a backup's files: each is read whole. More files than are listed do no harm."""
    bad = []
    for name, said in manifest.files.items():
        path = folder / name
        if not path.is_file():
            bad.append(f"缺文件{name}")
        elif asdict(hash_file(path)) != said:
            bad.append(f"文件{name}和清单上的校验不符")
    bad += [f"备份时就缺的文件{name}" for name in manifest.missing]
    return bad


def differences(said: Facts, found: Facts) -> list[str]:
    """Return where the rows of a database differ from what a manifest says."""
    bad = []
    if said.site != found.site:
        bad.append("安装编号和清单不符")
    for table in sorted({*said.tables, *found.tables}):
        a, b = said.tables.get(table), found.tables.get(table)
        if a != b:
            bad.append(f"表{table}：清单上{'没有' if a is None else f'{a}行'}，库里{'没有' if b is None else f'{b}行'}")
    bad += _different_heads(said.heads, found.heads)
    if said.migrations != found.migrations:
        bad.append("数据库的版本和清单不符")
    return bad


def _different_heads(said: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    return [f"{key}：账簿末端和清单不符" for key in sorted({*said, *found}) if said.get(key) != found.get(key)]
