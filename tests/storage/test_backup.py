from __future__ import annotations

import io
import json
from datetime import datetime

import pytest
from sqlalchemy import insert, select, text

from app.core.plan import State, Step, Verb
from app.core.ports import DomainQuery, NewItem
from app.core.text import msg
from app.features.people.models import Role, User, WebAuthn
from app.storage import backup
from app.storage.backup import BackupProblem, dump, load
from app.storage.connections import SqlConnectionStore
from app.storage.db import Database, check, current_revision, upgrade
from app.storage.inventory import SqlInventory
from app.storage.jobs import SqlJobs
from app.storage.journal import SqlJournal
from app.storage.tables import changes
from tests.storage.conftest import BOTH
from tests.storage.people import ADMIN, domain
from tests.storage.test_connections import PROD


@pytest.fixture(params=BOTH)
def target(request, new_database):
    """An empty database to read the copy into, of the same kind and of the other one."""
    database = Database(new_database(request.param))
    yield database
    database.dispose()


@pytest.fixture
def full(database, vault, clock):
    """A database with something in every kind of column."""
    SqlConnectionStore(database, vault).add(PROD)
    inventory = SqlInventory(database, clock)
    run = inventory.begin_sync("prod")
    inventory.put_batch(
        run, "prod", [domain(f"d{n}.example", aliases=(f"ä{n}.example",)) for n in range(510)]
    )
    inventory.finish_sync(run, "prod")
    journal = SqlJournal(database, clock)
    step = Step(
        Verb.ROUTES_SET, "d1.example", domain="d1.example", before={"a": None}, after={"a": [1.5, True]}
    )
    change = journal.intend(ADMIN, "prod", step, request_key="k", step_no=0, command_sum="s")
    journal.close(change, State.DONE, ms=1.25)
    SqlJobs(database, vault, clock).create(
        ADMIN, "bulk", msg("x"), [NewItem("a", {"pw": {"$secret": "geheim"}})]
    )
    with database.unit_of_work() as session:
        user = User(email="ada@example.org", active=True, fs_uniquifier="u", name="Ada", scopes=None)
        user.roles.append(session.scalars(select(Role).where(Role.name == "admin")).one())
        session.add(user)
        session.flush()
        session.execute(
            insert(WebAuthn).values(
                user_id=user.id,
                name="key",
                credential_id=b"\x00\xff",
                public_key=b"\x01",
                backup_state=False,
                device_type="x",
                usage="first",
                lastuse_datetime=datetime(2026, 1, 1, 12, 30),
            )
        )
    return database


def copied(database):
    file = io.StringIO()
    counts = dump(database, file)
    file.seek(0)
    return file, counts


def rows_of(file):
    """The rows by table, without the moment at which the copy was made; times as moments."""
    tables: dict[str, list[str]] = {}
    for line in file.getvalue().splitlines()[1:-1]:
        data = json.loads(line)
        if isinstance(data, dict):
            rows = tables.setdefault(data["table"], [])
        else:
            rows.append(json.dumps([plain(value) for value in data]))
    return {name: sorted(rows) for name, rows in tables.items()}


def plain(value):
    """SQLite keeps times without a zone; they are UTC."""
    return value.removesuffix("+00:00") if isinstance(value, str) else value


def test_everything_comes_back_in_either_kind_of_database(full, target, vault, clock):
    file, counts = copied(full)
    assert load(target, file) == counts
    assert counts["domains"] == 510
    assert counts["users"] == counts["webauthn_keys"] == counts["job_items"] == 1
    assert rows_of(copied(target)[0]) == rows_of(file)
    check(target.url)

    inventory = SqlInventory(target, clock)
    assert inventory.page(ADMIN, DomainQuery(text="ä509.")).total == 1
    assert inventory.count_by_status(ADMIN) == {"prod": {"active": 510}}
    assert SqlConnectionStore(target, vault).get("prod").value("token") == "geheim"
    with target.session() as session:
        user = session.scalars(select(User)).one()
        assert (user.name, user.scopes, user.roles[0].name) == ("Ada", None, "admin")
        key = session.scalars(select(WebAuthn)).one()
        assert (key.credential_id, key.lastuse_datetime) == (b"\x00\xff", datetime(2026, 1, 1, 12, 30))


def test_new_rows_get_new_ids(full, target, clock):
    load(target, copied(full)[0])
    step = Step(Verb.ROUTES_SET, "x")
    with full.session() as session:
        last = session.scalar(select(changes.c.id))
    assert (
        SqlJournal(target, clock).intend(ADMIN, "c", step, request_key="n", step_no=0, command_sum="") > last
    )
    SqlInventory(target, clock).upsert(domain("new.example"))


def test_a_copy_is_of_one_moment(full, monkeypatch, clock):
    written = backup._write

    def write_and_disturb(file, line):
        written(file, line)
        if isinstance(line, dict) and "table" in line:
            SqlInventory(full, clock).upsert(domain(f"late-{line['table'].replace('_', '-')}.example"))

    monkeypatch.setattr(backup, "_write", write_and_disturb)
    assert copied(full)[1]["domains"] <= 511
    kept = rows_of(copied(full)[0])
    ids = {json.loads(row)[0] for row in kept["domains"]}
    assert {json.loads(row)[0] for row in kept["domain_sightings"]} == ids


def test_secrets_stay_encrypted(full):
    assert "geheim" not in copied(full)[0].getvalue()


def test_a_database_in_use_is_left_alone(full):
    file, _ = copied(full)
    with pytest.raises(BackupProblem, match="in use"):
        load(full, file)


def test_a_fresh_installation_can_be_filled(full, target):
    upgrade(target.url)
    file, counts = copied(full)
    assert load(target, file) == counts


@pytest.fixture(scope="module")
def small_copy(tmp_path_factory):
    """The lines of a copy of a database with some domains."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('copy') / 'small.sqlite3'}")
    upgrade(database.url)
    SqlInventory(database).upsert_many(domain(f"d{n}.example") for n in range(60))
    lines = copied(database)[0].getvalue().splitlines()
    database.dispose()
    return lines


DAMAGES = {
    "the end is missing": lambda lines: lines[:-1],
    "the last rows are missing": lambda lines: lines[:-5] + lines[-1:],
    "a line is cut": lambda lines: [*lines[:50], lines[50][:-3], *lines[51:]],
    "an unknown table": lambda lines: [*lines[:3], '{"table":"nothing","columns":["a"]}', *lines[3:]],
    "an unknown column": lambda lines: [*lines[:3], '{"table":"settings","columns":["nothing"]}', *lines[3:]],
    "the head is missing": lambda lines: lines[1:],
    "something else": lambda lines: ["null", *lines],
    "nothing": lambda lines: [],
    "a newer version": lambda lines: [lines[0].replace('"revision":"', '"revision":"9999_'), *lines[1:]],
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_copy_is_refused_and_leaves_nothing(small_copy, new_database, damage):
    refuses(Database(new_database("sqlite")), damage(small_copy))


@pytest.mark.postgres
def test_postgresql_keeps_nothing_of_half_a_copy_either(small_copy, new_database):
    refuses(Database(new_database("postgresql")), small_copy[:-1])


def refuses(target, lines):
    with pytest.raises(BackupProblem):
        load(target, io.StringIO("".join(line + "\n" for line in lines)))
    if current_revision(target.url) is not None:
        with target.session() as session:
            assert session.scalar(text("SELECT count(*) FROM domains")) == 0
    target.dispose()


def test_an_older_copy_is_brought_up_to_date(target, new_database):
    old = Database(new_database("sqlite"))
    upgrade(old.url, "0001_first")
    with old.unit_of_work() as session:
        session.execute(text("INSERT INTO settings (name, value) VALUES ('theme', '\"dark\"')"))
    file, _ = copied(old)
    old.dispose()
    load(target, file)
    check(target.url)
    with target.session() as session:
        assert session.scalar(text("SELECT count(*) FROM settings")) == 1
