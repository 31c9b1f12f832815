"""An installation, or one company of it, as one file: taken while everything runs, brought in whole or not at all.

The same file for every database, so it also moves an installation from SQLite to PostgreSQL (docs/decisions/0020).
"""

from engine.backups.archive import BackupRefused, Manifest
from engine.backups.restoring import bring_in, restore
from engine.backups.taking import take

__all__ = ["BackupRefused", "Manifest", "bring_in", "restore", "take"]
