"""Every kind of resource that a card declares: listed, read, and each of its actions planned, sent, looked at and taken back."""

from __future__ import annotations

import json

import pytest

from app.core.capabilities import Capability
from app.core.commands import ActOnResource, parse
from app.core.errors import Conflict, GatehouseError, NotFound, NotSupported
from app.core.model import FieldKind
from app.core.plan import Seen
from app.core.resource_values import checked_values
from app.core.resources import DOMAIN, ResourceAt, ResourceQuery, Show
from app.core.secret import Secret
from app.providers import registry
from tests.contract.resources import declared, examples, rows, target, tells, wish
from tests.contract.steps import again

CAN = Capability
ROWS_READ_BACK = 3


@pytest.mark.parametrize(("slug", "kind"), list(declared()), ids=lambda it: getattr(it, "name", it))
def test_a_kind_is_well_declared(slug, kind):
    card, calls = registry.provider(slug).CARD, {call.name: call for call in registry.contract(slug).calls}
    names = [each.name for each in card.resources]
    assert names.count(kind.name) == 1 and kind.parent in ("", DOMAIN, *names)
    assert CAN.RESOURCES_READ in card.can and (not kind.actions or CAN.RESOURCES_WRITE in card.can)
    assert set(kind.calls) <= calls.keys() and not any(calls[name].write for name in kind.calls)
    assert kind.listable or kind.single or kind.note, "who cannot be listed says so"
    shown = [column.name for column in kind.columns]
    assert len(set(shown)) == len(shown) and (
        any(c.listed for c in kind.columns) or kind.single or not kind.listable
    )
    for column in kind.columns:
        assert not (column.listed and column.show in (Show.HTML, Show.IMAGE)), (
            "these have a page of their own"
        )
        assert set(column.tones.values()) <= {"ok", "warn", "bad", "muted"}
    actions = {action.name: action for action in kind.actions}
    assert len(actions) == len(kind.actions)
    for action in kind.actions:
        assert (action.call in calls and calls[action.call].write) or action.secret
        assert not (action.many and (action.secret or not action.of_one)), "nobody would see the answer"
        contents = [f.name for f in action.fields if f.kind is FieldKind.FILE or not f.kept]
        assert not (action.many and contents), "the items of a job would keep them"
        assert not action.undo or action.undo in actions
        assert action.name != "remove" or action.risk
        fields = [field.name for field in action.fields]
        assert len(set(fields)) == len(fields)
        for field in action.fields:
            assert (field.kind is FieldKind.CHOICE) is bool(field.choices)
            assert field.shape in ("", "email", "domain", "host")
    assert kind.name in examples(slug), f"tests/contract/providers/{slug}.py has no example for {kind.name}"
    assert set(examples(slug)[kind.name].actions) == actions.keys(), (
        "an example for every action, and no other"
    )


@pytest.mark.needs(CAN.RESOURCES_READ)
def test_every_kind_is_listed_and_read_back(subject, resource, running_upstreams):
    kind, it = resource
    it.prepare(running_upstreams, subject.slug)
    driver = subject.driver
    found = rows(driver, kind, it.at)
    assert found or not kind.listable or kind.single, "an example is there"
    if not kind.listable and not kind.single and kind.readable:
        assert it.keys.get(""), "the key of one that is there, since no call lists them"
        found = {it.keys[""]: driver.read_resource(kind.name, it.at, it.keys[""])}
    assert not any(record.write for record in subject.records)
    names = {column.name for column in kind.columns} | {f.name for a in kind.actions for f in a.fields}
    for key, row in list(found.items())[:ROWS_READ_BACK]:
        json.dumps(dict(row.values))
        assert row.values.keys() <= names, "a value that is neither column nor field"
        one = driver.read_resource(kind.name, it.at, key)
        assert one.key == key and one.title == row.title
        listed = {column.name for column in kind.columns if column.listed}
        assert {n: one.values.get(n) for n in listed} == {n: row.values.get(n) for n in listed}
    for action in kind.actions:
        for field in action.fields:
            assert field.kind is not FieldKind.SECRET or not any(
                row.values.get(field.name) for row in found.values()
            )


@pytest.mark.needs(CAN.RESOURCES_READ)
def test_a_list_costs_a_fixed_number_of_calls(subject, resource, running_upstreams):
    """Of one row or of many: nothing is asked per row."""
    kind, it = resource
    it.prepare(running_upstreams, subject.slug)
    if not kind.listable or kind.single:
        pytest.skip("there is no list")
    subject.driver.probe()
    subject.records.clear()
    subject.driver.list_resources(kind.name, it.at, ResourceQuery(size=200))
    assert len(subject.records) <= max(1, len(kind.calls)) + 3


@pytest.mark.needs(CAN.RESOURCES_READ)
def test_what_is_not_there(subject, resource, running_upstreams):
    kind, it = resource
    it.prepare(running_upstreams, subject.slug)
    if not kind.readable or kind.single:
        pytest.skip("there is always one")
    with pytest.raises(NotFound):
        subject.driver.read_resource(kind.name, it.at, "not-there-at-all")
    if kind.parent == DOMAIN:
        with pytest.raises(GatehouseError):
            subject.driver.list_resources(kind.name, ResourceAt("not-there.example"), ResourceQuery())


@pytest.mark.needs(CAN.RESOURCES_WRITE)
def test_every_action_is_planned_sent_seen_and_taken_back(subject, resource, running_upstreams):
    kind, example = resource
    for action in kind.actions:
        it = example.during(action.name)
        running_upstreams.reset()
        it.prepare(running_upstreams, subject.slug)
        subject.driver = driver = subject.connect()
        key = target(driver, it, kind, action)
        before = rows(driver, kind, it.at)
        command = _checked(wish(it, kind, action.name, key), action)
        steps = _carried_out(subject, command, kind, action)
        assert steps, f"{kind.name}.{action.name}: nothing was planned"
        after = rows(driver, kind, it.at)
        _seen(kind, action, steps[0], before, after)
        if tells(kind, action) and action.name == "add" and steps[0].args["key"]:
            _not_twice(driver, action, command)
        if all(step.inverse is not None for step in steps):
            _taken_back(subject, steps, kind, before)


def _not_twice(driver, action, command):
    """The same again is done already; where nobody can compare all of it, it is refused."""
    if all(action.field(name).readable for name in command.values):
        assert driver.plan(command) == []
    else:
        with pytest.raises(Conflict):
            driver.plan(command)


def _checked(command, action):
    return command.model_copy(update={"values": checked_values(action, command.values)})


def _carried_out(subject, command, kind, action):
    driver = subject.driver
    steps = [again(step) for step in driver.plan(command)]
    for step in steps:
        _no_secret_shows(command, step)
        assert driver.observe(step).seen is not Seen.DONE
        count = len(subject.records)
        applied = driver.apply(step)
        writes = [record.write for record in subject.records[count:]].count(True)
        assert writes == 1 or (action.secret and writes == 0), "one step is one write"
        assert bool(applied.secret) is action.secret
        seen = driver.observe(step).seen
        observable = tells(kind, action) and _compares(action, command)
        assert seen is (Seen.DONE if observable else Seen.CANNOT_TELL), f"{kind.name}.{action.name}: {seen}"
    return steps


def _compares(action, command):
    """An edit of nothing but secrets cannot be looked at."""
    if action.name != "edit":
        return True
    return any(field.readable for field in action.fields if field.name in command.values)


def _no_secret_shows(command, step):
    shown = json.dumps([step.before, step.after, step.inverse, step.subject], ensure_ascii=False)
    for value in command.values.values():
        assert not isinstance(value, Secret) or value.reveal() not in shown


def _seen(kind, action, step, before, after):
    """An addition is in the list, a removal is not."""
    if not kind.listable or kind.single:
        return
    if action.name == "add":
        assert len(after) == len(before) + 1
    if action.name == "remove":
        assert step.args["key"] not in after


def _taken_back(subject, steps, kind, before):
    for step in reversed(steps):
        for data in step.inverse:
            command = parse(ActOnResource, {k: v for k, v in data.items() if k != "command"})
            _, undo = _found(kind, command)
            _carried_out(subject, _checked(command, undo), kind, undo)
    now = rows(subject.driver, kind, ResourceAt(steps[0].args["domain"], steps[0].args["parent"]))
    assert len(now) == len(before)


def _found(kind, command):
    action = kind.action(command.action)
    assert action is not None
    return kind, action


@pytest.mark.needs(CAN.RESOURCES_WRITE)
def test_what_no_kind_has_is_refused_before_any_call(subject):
    command = parse(
        ActOnResource, {"connection": "prod", "kind": "unicorns", "action": "add", "values": {"name": "x"}}
    )
    with pytest.raises((NotFound, NotSupported)):
        subject.driver.plan(command)
    assert subject.log.count() == 0
