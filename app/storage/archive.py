"""One file with everything that an installation needs to come back: database, keys, settings (`flask backup`)."""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import Conflict
from app.core.text import msg
from app.storage.backup import BackupProblem, dump, load
from app.storage.db import Database

_FORMAT = 1
_DATABASE, _MANIFEST, _SETTINGS, _KEYS = "database.jsonl", "manifest.json", "settings.env", "keys/"


@dataclass(frozen=True, slots=True)
class Restored:
    """What an archive held: rows by table, names of the key files, and the settings it was made under."""

    rows: Mapping[str, int]
    keys: tuple[str, ...]
    settings: str


def write_archive(
    target: Path, database: Database, keys: Mapping[str, str], settings: Mapping[str, str], version: str
) -> dict[str, int]:
    """Writes the archive (mode 0600), whole or not at all; returns the number of rows by table.

    `keys`: text of each key file by its name. `settings`: variables and values, without secrets. Raises Conflict when the
    target exists.
    """
    if target.exists():
        raise Conflict(msg("{path} exists already. Nothing was written.", path=str(target)))
    fresh = target.with_name(f".{target.name}.part")
    descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
            manifest = {"gatehouse_backup": _FORMAT, "version": version, "at": datetime.now(UTC).isoformat()}
            _add_text(archive, _MANIFEST, json.dumps(manifest))
            _add_text(archive, _SETTINGS, "".join(f"{k}={v}\n" for k, v in sorted(settings.items())))
            for name, text in keys.items():
                _add_text(archive, _KEYS + name, text)
            counts = _add_database(archive, database)
        fresh.rename(target)
    finally:
        fresh.unlink(missing_ok=True)
    return counts


def read_archive(source: Path, database: Database, folder: Path, key_names: Mapping[str, bool]) -> Restored:
    """Fills an unused database from an archive and puts the key files into `folder`.

    `key_names`: the key files that this installation reads from its folder (False: it gets that key by a setting, which
    stays in force). Raises BackupProblem for what is no archive of ours, is damaged, or would go into a database in use.
    """
    try:
        with tarfile.open(source, "r:gz") as archive:
            manifest = json.loads(_text(archive, _MANIFEST))
            if manifest.get("gatehouse_backup") != _FORMAT:
                raise BackupProblem(msg("{path} is not a backup that this version reads.", path=str(source)))
            rows = _load_database(archive, database)
            held = set(archive.getnames())
            keys = tuple(name for name, wanted in key_names.items() if wanted and _KEYS + name in held)
            for name in keys:
                _put_key(folder / name, _text(archive, _KEYS + name))
            return Restored(rows, keys, _text(archive, _SETTINGS))
    except (tarfile.TarError, OSError, EOFError, ValueError, KeyError) as error:
        raise BackupProblem(
            msg("{path} cannot be read as a backup: {why}", path=str(source), why=str(error)[:200])
        ) from error


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))


def _add_database(archive: tarfile.TarFile, database: Database) -> dict[str, int]:
    """The dump goes through a temporary file: a member's size stands before its content."""
    with tempfile.NamedTemporaryFile("w+", encoding="utf-8") as file:
        counts = dump(database, file)
        file.flush()
        archive.add(file.name, _DATABASE, filter=_private)
    return counts


def _private(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mode, member.uid, member.gid, member.uname, member.gname = 0o600, 0, 0, "", ""
    return member


def _load_database(archive: tarfile.TarFile, database: Database) -> dict[str, int]:
    content = archive.extractfile(_DATABASE)
    if content is None:
        raise KeyError(_DATABASE)
    with io.TextIOWrapper(content, encoding="utf-8") as lines:
        return load(database, lines)


def _text(archive: tarfile.TarFile, name: str) -> str:
    content = archive.extractfile(name)
    if content is None:
        raise KeyError(name)
    return content.read(1_000_000).decode()


def _put_key(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.rename(path)
