"""`flask backup`, `flask restore` and `flask rotate-keys`: an installation goes away and comes back whole."""

from __future__ import annotations

import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest

from app.core.actor import system_actor
from app.core.errors import Conflict
from app.core.model import Connection, Domain, Route
from app.core.secret import Secret
from app.storage.backup import BackupProblem
from app.wiring import build
from config import Config


def installation(folder: Path, **environ: str) -> Any:
    folder.mkdir(exist_ok=True)
    config = Config.from_env({"GATEHOUSE_DATA_DIR": str(folder), "GATEHOUSE_SYNC_MINUTES": "7", **environ})
    return build(config, version="1.2.3")


def in_use(folder: Path) -> Any:
    wired = installation(folder)
    wired.migrate()
    wired.store.add(
        Connection("a", "spamexperts", "A", "https://a.example", {"password": Secret("hunter2-marked")})
    )
    wired.inventory.upsert(Domain("a", "example.org", ("example.net",), (Route("m.example", 25),)))
    return wired


def test_everything_comes_back(tmp_path: Path) -> None:
    archive = tmp_path / "copy.tar.gz"
    in_use(tmp_path / "old").back_up(archive)
    new = installation(tmp_path / "new")
    done = new.restore(archive)
    assert set(done.keys) == {"encryption.key", "secret.key"}
    assert "GATEHOUSE_SYNC_MINUTES=7" in done.settings
    again = installation(tmp_path / "new")
    assert again.store.get("a").value("password") == "hunter2-marked"
    assert again.inventory.get(system_actor(), "a", "example.org").aliases == ("example.net",)
    for name in ("encryption.key", "secret.key"):
        assert (tmp_path / "new" / name).read_text() == (tmp_path / "old" / name).read_text()
        assert stat.S_IMODE((tmp_path / "new" / name).stat().st_mode) == 0o600


def test_the_archive_is_private_and_holds_no_plain_secret(tmp_path: Path) -> None:
    archive = tmp_path / "copy.tar.gz"
    in_use(tmp_path / "old").back_up(archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    with tarfile.open(archive) as opened:
        for member in opened.getmembers():
            content = opened.extractfile(member)
            assert content is not None
            assert b"hunter2-marked" not in content.read()


def test_an_archive_is_never_overwritten(tmp_path: Path) -> None:
    archive = tmp_path / "copy.tar.gz"
    archive.write_text("something else")
    with pytest.raises(Conflict):
        in_use(tmp_path / "old").back_up(archive)
    assert archive.read_text() == "something else"


def test_an_installation_in_use_is_left_alone(tmp_path: Path) -> None:
    archive = tmp_path / "copy.tar.gz"
    old = in_use(tmp_path / "old")
    old.back_up(archive)
    before = (tmp_path / "old" / "encryption.key").read_text()
    with pytest.raises(BackupProblem):
        old.restore(archive)
    assert (tmp_path / "old" / "encryption.key").read_text() == before
    assert old.store.get("a") is not None


@pytest.mark.parametrize("damage", ["cut", "text", "empty"])
def test_what_is_no_backup_is_refused(tmp_path: Path, damage: str) -> None:
    archive = tmp_path / "copy.tar.gz"
    in_use(tmp_path / "old").back_up(archive)
    data = archive.read_bytes()
    archive.write_bytes({"cut": data[: len(data) // 2], "text": b"hello", "empty": b""}[damage])
    with pytest.raises(BackupProblem):
        installation(tmp_path / "new").restore(archive)


def test_keys_rotate_and_secrets_stay_readable(tmp_path: Path) -> None:
    wired = in_use(tmp_path / "old")
    key_file = tmp_path / "old" / "encryption.key"
    first = key_file.read_text().split()
    assert wired.rotate_keys() == 1
    keys = key_file.read_text().split()
    assert keys[1:] == first
    key_file.write_text(keys[0])
    assert installation(tmp_path / "old").store.get("a").value("password") == "hunter2-marked"
