from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app.core.capabilities import Capability, Found
from app.core.errors import Conflict, NotFound
from app.core.model import Connection, Tls
from app.core.ports import ProbeResult
from app.core.secret import Secret
from app.core.text import msg
from app.storage.connections import SqlConnectionStore
from app.storage.tables import connections
from app.storage.vault import Vault, WrongKey

PROD = Connection(
    key="prod",
    kind="cleanmail",
    name="Cleanmail – Prod",
    base_url="https://api.example/v1",
    values={"user": "ada", "token": Secret("geheim"), "empty": Secret("")},
    tls=Tls.CA_FILE,
    ca_file="/etc/ca.pem",
    connect_timeout=2.5,
    read_timeout=20,
    write_timeout=60,
    parallel=3,
    per_second=7.5,
    body_cap=5_000_000_000,
    resolvers=("127.0.0.1:8953",),
    enabled=False,
)


@pytest.fixture
def store(database, vault):
    return SqlConnectionStore(database, vault)


def test_a_connection_comes_back_as_it_was_stored(store):
    store.add(PROD)
    found = store.get("prod")
    assert found.version
    assert replace(found, version="") == PROD
    assert store.all() == [found]


def test_a_key_that_no_database_takes_only_finds_nothing(store):
    assert store.get("p\x00\ud800") is None


def test_secrets_lie_encrypted(store, database):
    store.add(PROD)
    with database.session() as session:
        assert "geheim" not in str(session.execute(select(connections)).all())


def test_a_key_is_taken_once(store):
    store.add(PROD)
    with pytest.raises(Conflict):
        store.add(replace(PROD, name="other"))
    assert store.get("prod").name == PROD.name


def test_every_change_gets_a_new_version(store):
    store.add(PROD)
    first = store.get("prod")
    store.replace(replace(first, name="New", values={"token": Secret("neu")}), first.version)
    second = store.get("prod")
    assert (second.name, second.values) == ("New", {"token": Secret("neu")})
    assert second.version != first.version


def test_a_change_that_somebody_else_overtook_is_refused(store):
    store.add(PROD)
    first = store.get("prod")
    store.replace(replace(first, name="theirs"), first.version)
    with pytest.raises(Conflict):
        store.replace(replace(first, name="mine"), first.version)
    assert store.get("prod").name == "theirs"


def test_of_sixteen_changes_at_once_one_wins(store):
    store.add(PROD)
    first = store.get("prod")

    def try_it(n):
        try:
            store.replace(replace(first, name=str(n)), first.version)
        except Conflict:
            return None
        return str(n)

    with ThreadPoolExecutor(16) as pool:
        won = [name for name in pool.map(try_it, range(16)) if name]
    assert [store.get("prod").name] == won


def test_what_was_removed_cannot_be_changed(store):
    store.add(PROD)
    first = store.get("prod")
    store.remove("prod")
    with pytest.raises(NotFound):
        store.replace(first, first.version)
    assert (store.get("prod"), store.all()) == (None, [])


def test_a_wrong_key_is_said_clearly(store, database, tmp_path):
    store.add(PROD)
    other = SqlConnectionStore(database, Vault.open(tmp_path / "other.key"))
    with pytest.raises(WrongKey, match="encryption key"):
        other.all()


def test_the_last_test_of_a_connection_is_kept(store):
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    reason = msg("Only {who}.", who="admins")
    found = Found(
        "4.2", {Capability.DOMAIN_REMOVE: reason}, {"role": "user"}, (msg("n"),), {"a call": reason}
    )
    store.save_probe("prod", ProbeResult(at, False, None, msg("No answer from {host}.", host="x"), 12.5))
    store.save_probe("declared", ProbeResult(at, True, found, None, 3.0))
    good = ProbeResult(at, True, found, None, 7.0)
    store.save_probe("prod", good)
    assert store.probes() == {"prod": good, "declared": replace(good, ms=3.0)}


def test_the_test_goes_with_its_connection(store):
    store.add(PROD)
    store.save_probe("prod", ProbeResult(datetime.now(UTC), True, None, None, 1))
    store.remove("prod")
    assert store.probes() == {}
