"""Secrets at rest: encrypted with Fernet keys from a file, or from the configuration; the newest key encrypts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Text, bindparam, cast, select, update

from app.core.errors import GatehouseError
from app.core.secret import MARK, MASK, Secret
from app.core.text import msg
from app.storage.db import Database
from app.storage.tables import connections, job_items, settings
from app.storage.upserts import insert_into

PLAIN = MARK  # in JSON, {"$secret": "plain text"} marks a value as a secret ...
SEALED = "$vault"  # ... and {"$vault": "token"} is how it is stored
_CHECK = "vault_check"  # the setting by which a wrong key is noticed at the start
_BATCH = 500

Json = Any


class WrongKey(GatehouseError):
    """Stored secrets do not fit the encryption key, or there is no usable key."""


class Vault:
    """Encrypts and decrypts. `keys`: Fernet keys (urlsafe base64 of 32 bytes), the newest first."""

    def __init__(self, keys: Sequence[str], source: str = "configuration") -> None:
        self._source = source
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise WrongKey(
                msg(
                    "The encryption key from {source} is not a Fernet key (44 characters of urlsafe base64).",
                    source=source,
                )
            ) from error

    @classmethod
    def open(cls, path: Path, keys: Sequence[str] = ()) -> Vault:
        """The vault with the `keys` of the configuration, else with those of the file, which is made on first use.

        Raises WrongKey for keys that are none.
        """
        if keys:
            return cls(keys)
        _make_key_file(path)
        lines = path.read_text(encoding="ascii", errors="replace").split()
        return cls(lines, str(path))

    def encrypt(self, secret: Secret) -> str:
        """The secret as a token that can be stored."""
        return self._fernet.encrypt(secret.reveal().encode()).decode("ascii")

    def decrypt(self, token: str) -> Secret:
        """The secret of a token. Raises WrongKey when it was encrypted with another key, or changed."""
        try:
            return Secret(self._fernet.decrypt(token).decode())
        except (InvalidToken, ValueError) as error:
            raise WrongKey(
                msg(
                    "A stored secret cannot be read with the encryption key from {source}. Put back the key with "
                    "which it was stored, or enter the secret again.",
                    source=self._source,
                )
            ) from error

    def reencrypt(self, token: str) -> str:
        """The same secret under the newest key. Raises WrongKey."""
        try:
            return self._fernet.rotate(token).decode("ascii")
        except (InvalidToken, ValueError):
            return self.encrypt(self.decrypt(token))

    # --- secrets inside JSON ---

    def seal(self, value: Json) -> Json:
        """JSON in which every marked secret is encrypted."""
        return _replace(value, PLAIN, lambda plain: {SEALED: self.encrypt(Secret(str(plain)))})

    def unseal(self, value: Json) -> Json:
        """JSON in which every secret is plain again, still marked. Raises WrongKey."""
        return _replace(value, SEALED, lambda token: {PLAIN: self.decrypt(str(token)).reveal()})

    def reseal(self, value: Json) -> Json:
        """JSON in which every secret is encrypted with the newest key. Raises WrongKey."""
        return _replace(value, SEALED, lambda token: {SEALED: self.reencrypt(str(token))})


def masked(value: Json) -> Json:
    """JSON in which every marked secret, plain or encrypted, is a mask."""
    hidden = _replace(value, PLAIN, lambda _plain: {PLAIN: MASK})
    return _replace(hidden, SEALED, lambda _token: {PLAIN: MASK})


def _replace(value: Json, marker: str, new: Any) -> Json:
    if isinstance(value, dict):  # `Mapping` is dear to ask for, and this looks through every item of a job
        if len(value) == 1 and marker in value:
            return new(value[marker])
        return {key: _replace(item, marker, new) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace(item, marker, new) for item in value]
    return value


# --- The key file -----------------------------------------------------------------------------------------------


def _make_key_file(path: Path) -> None:
    """Makes the file with a fresh key, for its owner's eyes only, unless it is there. Two processes may try at once."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = _write_beside(path, [Fernet.generate_key().decode("ascii")])
    try:
        os.link(fresh, path)  # never replaces a file that another process has made meanwhile
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def add_key(path: Path) -> None:
    """Puts a fresh key in front of those in the file. `rotate` then brings the stored secrets under it."""
    _make_key_file(path)
    keys = path.read_text(encoding="ascii").split()
    _write_beside(path, [Fernet.generate_key().decode("ascii"), *keys]).replace(path)


def _write_beside(path: Path, keys: Sequence[str]) -> Path:
    """A new file next to `path`, mode 0600, one key per line, safely on the disk."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


# --- The vault and the database ---------------------------------------------------------------------------------


def check_key(database: Database, vault: Vault) -> None:
    """Raises WrongKey when the vault's key is not the one that this database's secrets were stored with."""
    with database.check_then_write() as session:
        stored = session.scalar(select(settings.c.value).where(settings.c.name == _CHECK))
        if stored is None:
            row = {"name": _CHECK, "value": vault.encrypt(Secret(_CHECK))}
            session.execute(insert_into(session, settings).on_conflict_do_nothing(), [row])
            return
    vault.decrypt(stored)


def rotate(database: Database, vault: Vault) -> int:
    """Brings every stored secret under the newest key; returns how many rows hold one. Raises WrongKey.

    Afterwards the older keys can be taken away.
    """
    with database.check_then_write() as session:
        rows = session.execute(select(connections.c.key, connections.c.secrets).with_for_update()).all()
        for key, secrets in rows:
            new = vault.reencrypt(secrets)
            session.execute(update(connections).where(connections.c.key == key).values(secrets=new))
        check = session.scalar(select(settings.c.value).where(settings.c.name == _CHECK))
        if check is not None:
            session.execute(
                update(settings).where(settings.c.name == _CHECK).values(value=vault.reencrypt(check))
            )
    return len(rows) + _rotate_items(database, vault)


def _rotate_items(database: Database, vault: Vault) -> int:
    """The items of jobs, some hundred in a transaction."""
    as_text = cast(job_items.c.command, Text)
    sealed = (
        select(job_items.c.id, job_items.c.command).where(as_text.contains(SEALED)).order_by(job_items.c.id)
    )
    renew = update(job_items).where(job_items.c.id == bindparam("item")).values(command=bindparam("new"))
    done, last = 0, 0
    while True:
        with database.check_then_write() as session:
            batch = session.execute(sealed.where(job_items.c.id > last).limit(_BATCH).with_for_update()).all()
            if not batch:
                return done
            session.execute(renew, [{"item": row.id, "new": vault.reseal(row.command)} for row in batch])
        done, last = done + len(batch), batch[-1].id
