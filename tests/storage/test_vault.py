from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.fernet import Fernet

from app.core.model import Connection
from app.core.ports import NewItem
from app.core.secret import MASK, Secret
from app.core.text import msg
from app.storage.connections import SqlConnectionStore
from app.storage.jobs import SqlJobs
from app.storage.vault import Vault, WrongKey, add_key, check_key, masked, rotate
from tests.storage.people import ADMIN

SECRET = Secret("geheim – ü")


def new_key():
    return Fernet.generate_key().decode()


def test_a_secret_comes_back(vault):
    token = vault.encrypt(SECRET)
    assert vault.decrypt(token) == SECRET
    assert "geheim" not in token


def test_the_key_file_is_made_once_and_for_its_owner_only(tmp_path):
    path = tmp_path / "new" / "folder" / "encryption.key"
    token = Vault.open(path).encrypt(SECRET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Vault.open(path).decrypt(token) == SECRET
    assert [file.name for file in path.parent.iterdir()] == ["encryption.key"]


def test_processes_that_start_at_once_use_one_key(tmp_path):
    path = tmp_path / "encryption.key"
    with ThreadPoolExecutor(16) as pool:
        tokens = list(pool.map(lambda _: Vault.open(path).encrypt(SECRET), range(32)))
    assert {Vault.open(path).decrypt(token) for token in tokens} == {SECRET}


def test_keys_of_the_configuration_win_and_no_file_is_made(tmp_path):
    key, path = new_key(), tmp_path / "encryption.key"
    token = Vault.open(path, (key,)).encrypt(SECRET)
    assert Vault([key]).decrypt(token) == SECRET
    assert not path.exists()


def test_another_key_does_not_fit_and_says_where_it_is_from(vault, tmp_path):
    other = Vault.open(tmp_path / "other.key")
    with pytest.raises(WrongKey, match=r"other\.key"):
        other.decrypt(vault.encrypt(SECRET))


@pytest.mark.parametrize("token", ["", "x", "gAAAAAB" + "A" * 100, "ü"])
def test_what_is_no_token_is_a_wrong_key(vault, token):
    with pytest.raises(WrongKey):
        vault.decrypt(token)


@pytest.mark.parametrize("content", ["", "\n", "not a key", "ü" * 44])
def test_a_file_without_a_key_is_refused(tmp_path, content):
    path = tmp_path / "encryption.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(WrongKey, match=r"encryption\.key"):
        Vault.open(path)


def test_a_key_that_is_none_is_not_shown():
    with pytest.raises(WrongKey) as problem:
        Vault(["my-secret-password"])
    assert "my-secret-password" not in str(problem.value)


def test_secrets_inside_json(vault):
    plain = {"a": [{"b": {"$secret": "geheim"}}, 1, None], "c": {"$secret": "x", "more": 1}}
    sealed = vault.seal(plain)
    assert "geheim" not in str(sealed)
    assert sealed["c"] == plain["c"]
    assert vault.unseal(sealed) == plain
    assert masked(plain)["a"] == masked(sealed)["a"] == [{"b": {"$secret": MASK}}, 1, None]


def test_rotation_brings_everything_under_the_newest_key(database, tmp_path, clock):
    path = tmp_path / "encryption.key"
    old = Vault.open(path)
    check_key(database, old)
    SqlConnectionStore(database, old).add(connection_with_a_secret())
    job_id = SqlJobs(database, old, clock).create(
        ADMIN, "bulk", msg("x"), [NewItem(str(n), {"pw": {"$secret": str(n)}}) for n in range(3)]
    )
    SqlJobs(database, old, clock).create(ADMIN, "bulk", msg("x"), [NewItem("plain", {"command": "x"})])
    old_key = path.read_text().split()[0]

    add_key(path)
    assert path.read_text().split()[1:] == [old_key]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert rotate(database, Vault.open(path)) == 4

    newest = Vault([path.read_text().split()[0]])
    check_key(database, newest)
    assert SqlConnectionStore(database, newest).get("prod").value("password") == "geheim"
    items = SqlJobs(database, newest, clock).claim(job_id, 10, 60)
    assert [item.command for item in items] == [{"pw": {"$secret": str(n)}} for n in range(3)]
    with pytest.raises(WrongKey):
        check_key(database, Vault([old_key]))


def test_more_items_than_one_batch_are_rotated(database, clock):
    keys = [new_key(), new_key()]
    items = (NewItem(str(n), {"pw": {"$secret": "x"}}) for n in range(501))
    SqlJobs(database, Vault(keys[1:]), clock).create(ADMIN, "bulk", msg("x"), items)
    assert rotate(database, Vault(keys)) == 501


def test_rotation_with_a_wrong_key_changes_nothing(database, vault):
    store = SqlConnectionStore(database, vault)
    store.add(connection_with_a_secret())
    with pytest.raises(WrongKey):
        rotate(database, Vault([new_key()]))
    assert store.get("prod").value("password") == "geheim"


def test_a_wrong_key_is_noticed_at_the_start(database, vault):
    check_key(database, vault)
    check_key(database, vault)
    with pytest.raises(WrongKey):
        check_key(database, Vault([new_key()]))


def connection_with_a_secret():
    return Connection("prod", "cleanmail", "Prod", "https://x.example", {"password": Secret("geheim")})
