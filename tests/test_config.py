"""Settings: defaults, loud refusals, keys that are made once, and the table for the README."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest

from config import SETTINGS, Config, ConfigError, settings_table

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
OLD_KEY = base64.urlsafe_b64encode(b"o" * 32).decode()


def load(folder: Path, **given: str) -> Config:
    environ = {f"GATEHOUSE_{name}": value for name, value in {"DATA_DIR": str(folder), **given}.items()}
    return Config.from_env(environ)


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert (config.port, config.bind, config.https, config.workers) == (8000, "127.0.0.1", False, 1)
    assert config.database_url == f"sqlite:///{tmp_path / 'gatehouse.sqlite3'}"
    assert config.queue_url == f"sqlite:///{tmp_path / 'queue.sqlite3'}"
    assert config.redis_url is None
    assert config.connections_file is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("HTTPS", "maybe"),
        ("ADMIN_EMAIL", "admin"),
        ("ADMIN_EMAIL", "a b@c"),
        ("DATABASE_URL", "mysql://x/y"),
        ("REDIS_URL", "http://x"),
        ("QUEUE_URL", "amqp://x"),
        ("SECRET_KEY", "short"),
        ("ENCRYPTION_KEYS", "not-a-key"),
        ("ENCRYPTION_KEYS", f"{KEY},short"),
        ("LOGIN_LIMIT", "5"),
        ("LOGIN_LIMIT", "0/minute"),
        ("LOGIN_LIMIT", "5/fortnight"),
        ("PAGE_DEADLINE", "0"),
        ("PAGE_DEADLINE", "nan"),
        ("SYNC_MINUTES", "-1"),
        ("LOG_FORMAT", "xml"),
        ("TRUSTED_PROXIES", "all"),
        ("WORKERS", "2"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"GATEHOUSE_{name}"):
        load(tmp_path, **{name: value})


def test_a_refusal_shows_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, SECRET_KEY="MARKED", DATABASE_URL="mysql://u:MARKED@h/d")
    assert "MARKED" not in str(refused.value)


def test_secrets_do_not_show_in_the_repr(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        SECRET_KEY="MARKED" * 8,
        ADMIN_PASSWORD="MARKED",
        DATABASE_URL="postgresql://u:MARKED@h/d",
        REDIS_URL="redis://:MARKED@h",
        ENCRYPTION_KEYS=KEY,
    )
    assert "MARKED" not in repr(config)
    assert KEY not in repr(config)


def test_secrets_can_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file\n")
    assert load(tmp_path, ADMIN_PASSWORD_FILE=str(file)).admin_password == "from the file"
    with pytest.raises(ConfigError, match="ADMIN_PASSWORD_FILE"):
        load(tmp_path, ADMIN_PASSWORD_FILE=str(tmp_path / "missing"))
    with pytest.raises(ConfigError, match="Both"):
        load(tmp_path, ADMIN_PASSWORD="x", ADMIN_PASSWORD_FILE=str(file))


def test_keys_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first, second = load(tmp_path), load(tmp_path)
    assert first.secret_key == second.secret_key
    assert first.encryption_keys == second.encryption_keys
    assert len(first.encryption_keys) == 1
    for name in ("secret.key", "encryption.key"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encryption.key", "secret.key"]


def test_several_processes_that_start_at_once_get_the_same_keys(tmp_path: Path) -> None:
    start = threading.Barrier(6)
    found: list[tuple[str, tuple[str, ...]]] = []

    def begin() -> None:
        start.wait()
        config = load(tmp_path)
        found.append((config.secret_key, config.encryption_keys))

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1


@pytest.mark.parametrize("name", ["secret.key", "encryption.key"])
def test_an_empty_key_file_is_not_replaced_silently(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ConfigError, match=name):
        load(tmp_path)


def test_encryption_keys_are_read_newest_first(tmp_path: Path) -> None:
    assert load(tmp_path, ENCRYPTION_KEYS=f"{KEY}, {OLD_KEY}").encryption_keys == (KEY, OLD_KEY)


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="GATEHOUSE_DATA_DIR"):
        load(tmp_path, DATA_DIR=str(tmp_path / "file" / "data"))


def test_slips_of_the_keyboard_are_named(tmp_path: Path) -> None:
    config = load(tmp_path, PROT="8001", ADMIN_PASSWORD_FIEL="x")
    assert config.unknown == (
        "There is no setting GATEHOUSE_ADMIN_PASSWORD_FIEL; it is ignored. Do you mean GATEHOUSE_ADMIN_PASSWORD_FILE?",
        "There is no setting GATEHOUSE_PROT; it is ignored. Do you mean GATEHOUSE_PORT?",
    )


def test_several_processes_are_possible_with_redis(tmp_path: Path) -> None:
    assert load(tmp_path, WORKERS="4", REDIS_URL="redis://127.0.0.1").workers == 4


def test_the_table_names_every_setting() -> None:
    table = settings_table()
    for setting in SETTINGS:
        assert f"`{setting.variable}`" in table
    assert len(table.splitlines()) == len(SETTINGS) + 2
