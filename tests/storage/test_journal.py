from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.core.actor import system_actor
from app.core.plan import Applied, State, Step, Verb
from app.core.ports import CallRecord, ChangeQuery, DuplicateRequest
from app.core.secret import MASK, Secret
from app.core.text import literal, msg
from app.storage.journal import RESTS, SqlJournal
from app.storage.tables import changes
from tests.storage.people import ADMIN, OTHER_ADMIN, connection, domains, within


@pytest.fixture
def journal(database, clock):
    return SqlJournal(database, clock)


STEP = Step(
    verb=Verb.ROUTES_SET,
    subject="example.org",
    domain="example.org",
    args={"routes": [{"host": "mx.example.net"}]},
    before={"routes": []},
    after={"routes": [{"host": "mx.example.net"}]},
    inverse=[{"command": "routes.set", "domain": "example.org"}],
    lost=(msg("The old password of {name}.", name="x"),),
    ref={"id": 7},
)


def intend(journal, actor=ADMIN, on="prod", step=STEP, key="k", no=0, **more):
    return journal.intend(actor, on, step, request_key=key, step_no=no, command_sum="sum", **more)


def state_of(journal, change_id):
    return journal.get(ADMIN, change_id).state


# --- intend and close ---


def test_a_change_is_there_before_it_is_sent(journal, clock):
    wish = {"command": "routes.set", "domain": "example.org"}
    change_id = intend(journal, steps=3, command=wish, job_id=5, item_id=6, undo_of=2)
    change = journal.get(ADMIN, change_id)
    assert change.command == wish
    assert change.step == STEP
    assert (change.at, change.state, change.closed_at) == (clock.now, State.INTENDED, None)
    assert (change.actor_id, change.actor_name, change.door) == (1, "ada", "web")
    assert (change.request_key, change.step_no, change.steps, change.command_sum) == ("k", 0, 3, "sum")
    assert (change.job_id, change.item_id, change.undo_of, change.undone_by) == (5, 6, 2, None)


def test_the_outcome_is_written(journal, clock):
    change_id = intend(journal)
    clock.pass_by(seconds=2)
    call = CallRecord(
        "prod", "api_add", "GET", "https://x/?p=••", 200, 12.34, clock.now, "curl …", write=True
    )
    applied = Applied("request-9", ("slow today",))
    journal.close(change_id, State.DONE, applied=applied, ms=12.5, calls=[call])
    change = journal.get(ADMIN, change_id)
    assert (change.state, change.closed_at, change.ms) == (State.DONE, clock.now, 12.5)
    assert (change.upstream_id, tuple(change.warnings)) == ("request-9", ("slow today",))
    assert change.calls == [call.to_json()]


def test_an_unknown_outcome_is_not_closed(journal):
    change_id = intend(journal)
    journal.close(change_id, State.UNKNOWN, problem=literal("No answer {x}"))
    change = journal.get(ADMIN, change_id)
    assert (change.state, change.closed_at, str(change.problem)) == (State.UNKNOWN, None, "No answer {x}")


def test_what_a_look_has_settled_is_not_closed_once_more(journal):
    change_id = intend(journal)
    assert journal.settle(change_id, State.UNREACHABLE, by="worker")
    journal.close(change_id, State.DONE)
    assert state_of(journal, change_id) is State.UNREACHABLE


def test_secrets_never_reach_the_journal(journal, database):
    step = replace(STEP, args={"password": {"$secret": "geheim"}, "token": Secret("geheim")}, inverse=None)
    change_id = intend(journal, step=step, command={"password": {"$secret": "geheim"}})
    journal.note_unsettled(change_id, {"password": {"$secret": "geheim"}}, msg("?"))
    with database.session() as session:
        assert "geheim" not in str(session.execute(select(changes)).all())
    assert journal.get(ADMIN, change_id).step.args == {"password": {"$secret": MASK}, "token": MASK}


def test_hostile_texts_are_kept_without_what_no_database_takes(journal):
    change_id = intend(journal, step=replace(STEP, subject="a\x00b", before={"x": "\x00\ud800"}))
    change = journal.get(ADMIN, change_id)
    assert (change.step.before, journal.page(ADMIN, ChangeQuery())[0].id) == ({"x": ""}, change_id)


# --- one request is one change ---


def test_the_same_request_and_step_is_refused(journal):
    intend(journal)
    with pytest.raises(DuplicateRequest):
        intend(journal, on="other")
    intend(journal, no=1)
    intend(journal, actor=OTHER_ADMIN)
    intend(journal, actor=system_actor())
    with pytest.raises(DuplicateRequest):
        intend(journal, actor=system_actor("schedule"))


def test_the_steps_of_a_request_are_found_again(journal):
    ids = [intend(journal, no=no) for no in (1, 0, 2)]
    intend(journal, key="other")
    intend(journal, actor=OTHER_ADMIN)
    assert [c.id for c in journal.by_request(ADMIN, "k")] == [ids[1], ids[0], ids[2]]
    assert journal.by_request(ADMIN, "none") == []


def test_a_key_of_any_length_and_signs_is_one_key(journal):
    key = "ключ\x00" * 300
    change_id = intend(journal, key=key)
    assert [c.id for c in journal.by_request(ADMIN, key)] == [change_id]
    with pytest.raises(DuplicateRequest):
        intend(journal, key=key)


def test_of_sixteen_threads_with_one_request_one_wins(journal):
    def try_it(_):
        try:
            return intend(journal)
        except DuplicateRequest:
            return None

    with ThreadPoolExecutor(16) as pool:
        won = [change_id for change_id in pool.map(try_it, range(32)) if change_id is not None]
    assert [c.id for c in journal.by_request(ADMIN, "k")] == won
    assert len(won) == 1


def test_sixteen_threads_write_side_by_side(journal):
    def work(thread):
        for n in range(10):
            journal.close(intend(journal, key=f"{thread}-{n}"), State.DONE)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    assert len(journal.page(ADMIN, ChangeQuery(states=("done",), size=500))) == 160


# --- settling ---


def test_only_the_first_settles(journal):
    change_id = intend(journal)
    assert journal.settle(change_id, State.DONE, by="worker", now={"a": 1}, note="seen")
    assert not journal.settle(change_id, State.UNREACHABLE, by="ada")
    change = journal.get(ADMIN, change_id)
    assert (change.state, change.settled_by, change.now, change.note) == (
        State.DONE,
        "worker",
        {"a": 1},
        "seen",
    )


def test_of_sixteen_settlers_one_wins(journal):
    change_id = intend(journal)
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda n: journal.settle(change_id, State.DONE, by=str(n)), range(16)))
    assert won.count(True) == 1
    assert journal.get(ADMIN, change_id).settled_by == str(won.index(True))


def test_unsettled_are_the_open_ones_of_some_age(journal, clock):
    old, unknown, closed = (intend(journal, no=no) for no in range(3))
    journal.close(unknown, State.UNKNOWN)
    journal.close(closed, State.REJECTED)
    clock.pass_by(minutes=10)
    intend(journal, no=3)
    assert [c.id for c in journal.unsettled(clock.now)] == [old, unknown]
    assert [c.id for c in journal.unsettled(clock.now, limit=1)] == [old]


def test_a_hopeless_row_is_looked_at_less_and_less_often(journal, clock):
    change_id = intend(journal)
    clock.pass_by(minutes=10)
    rests = []
    for _ in range(6):
        journal.note_unsettled(change_id, {"is": "so"}, msg("Cannot tell."))
        rest = 0
        while not journal.unsettled(clock.now - timedelta(minutes=1)):
            clock.pass_by(seconds=30)
            rest += 30
        rests.append(timedelta(seconds=rest))
    assert rests == [*RESTS, RESTS[-1], RESTS[-1]]
    change = journal.get(ADMIN, change_id)
    assert (change.state, change.now, str(change.problem)) == (State.UNKNOWN, {"is": "so"}, "Cannot tell.")


def test_a_closed_row_does_not_become_unknown(journal):
    change_id = intend(journal)
    journal.close(change_id, State.DONE)
    journal.note_unsettled(change_id, None, msg("late"))
    assert state_of(journal, change_id) is State.DONE


# --- reading ---


def test_undone_changes_name_what_undid_them(journal):
    first, second = intend(journal), intend(journal, key="undo")
    journal.link_undo(first, second)
    assert journal.get(ADMIN, first).undone_by == second


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (ChangeQuery(), "dcba"),
        (ChangeQuery(connection="prod"), "ba"),
        (ChangeQuery(domain="b.example"), "b"),
        (ChangeQuery(actor_name="ben"), "d"),
        (ChangeQuery(verb="alias.add"), "c"),
        (ChangeQuery(states=("done", "unknown")), "ba"),
        (ChangeQuery(door="api"), "d"),
        (ChangeQuery(job_id=7), "c"),
        (ChangeQuery(text="B.EX"), "b"),
        (ChangeQuery(text="BEN"), "d"),
        (ChangeQuery(text="by hand"), "a"),
        (ChangeQuery(text="%"), "c"),
        (ChangeQuery(text="_.example"), "d"),
        (ChangeQuery(text="\x00"), "dcba"),
        (ChangeQuery(verb="\x00nothing"), ""),
        (ChangeQuery(connection="test", door="web"), "c"),
        (ChangeQuery(states=("\x00",)), ""),
    ],
)
def test_filters(journal, query, found):
    made = {}
    for name, actor, on, verb, job, subject in (
        ("a", ADMIN, "prod", Verb.ROUTES_SET, None, "a.example"),
        ("b", ADMIN, "prod", Verb.ROUTES_SET, None, "b.example"),
        ("c", ADMIN, "test", Verb.ALIAS_ADD, 7, "100%"),
        ("d", replace(OTHER_ADMIN, door="api"), "test", Verb.ROUTES_SET, None, "d_.example"),
    ):
        step = Step(verb, subject, domain=f"{name}.example")
        made[intend(journal, actor, on, step, key=name, job_id=job)] = name
    first, second, *_ = made
    journal.settle(first, State.DONE, by="ada", note="closed by hand")
    journal.close(second, State.UNKNOWN)
    assert "".join(made[c.id] for c in journal.page(ADMIN, query)) == found


def test_filters_by_time(journal, clock):
    ids = []
    for no in range(3):
        ids.append(intend(journal, no=no))
        clock.pass_by(hours=1)
    start = clock.now - timedelta(hours=2)
    assert [c.id for c in journal.page(ADMIN, ChangeQuery(since=start))] == [ids[2], ids[1]]
    assert [c.id for c in journal.page(ADMIN, ChangeQuery(until=start))] == [ids[0]]


def test_pages_go_on_by_id(journal):
    ids = [intend(journal, no=no) for no in range(5)][::-1]
    page = journal.page(ADMIN, ChangeQuery(size=2))
    assert [c.id for c in page] == ids[:3]
    assert [c.id for c in journal.page(ADMIN, ChangeQuery(size=2, before_id=page[1].id))] == ids[2:5]


def test_reads_are_cut_to_the_scope(journal):
    of_a = intend(journal, step=Step(Verb.ROUTES_SET, "a", domain="a.example"), key="1")
    of_b = intend(journal, step=Step(Verb.ROUTES_SET, "b", domain="b.example"), key="2")
    whole = intend(journal, step=Step(Verb.CONNECTION_EDIT, "prod"), key="3")
    other = intend(journal, on="test", step=Step(Verb.CONNECTION_EDIT, "test"), key="4")
    for actor, seen in (
        (ADMIN, {of_a, of_b, whole, other}),
        (within(connection("prod")), {of_a, of_b, whole}),
        (within(domains("a.*")), {of_a}),
        (within(domains("*")), {of_a, of_b}),
        (within(), set()),
    ):
        assert {c.id for c in journal.page(actor, ChangeQuery())} == seen
        assert {i for i in (of_a, of_b, whole, other) if journal.get(actor, i)} == seen
        assert journal.count_open(actor) == len(seen)


def test_count_open_counts_what_waits(journal):
    done, unknown, _ = (intend(journal, no=no) for no in range(3))
    journal.close(done, State.DONE)
    journal.close(unknown, State.UNKNOWN)
    assert journal.count_open(ADMIN) == 2


def test_nothing_keeps_a_transaction_open(journal, database):
    intend(journal)
    with pytest.raises(DuplicateRequest):
        intend(journal)
    journal.page(ADMIN, ChangeQuery())
    assert database.engine.pool.checkedout() == 0
