"""Keeping: backups that are whole or are not there, and restoring them, first of all for practice."""

from portal.keeping.backup import make_backup
from portal.keeping.manifest import NotKept, check_files, read_manifest
from portal.keeping.restore import check_copy, drill, restore

__all__ = ["NotKept", "check_copy", "check_files", "drill", "make_backup", "read_manifest", "restore"]
