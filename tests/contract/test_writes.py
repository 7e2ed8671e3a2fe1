"""Plan, send, look, plan again, and back: for every change that a card promises."""

import contextlib

import pytest

from app.core.capabilities import Capability
from app.core.commands import from_json
from app.core.errors import Conflict, Invalid, NotFound, NotSupported
from app.core.model import Source
from app.core.plan import Seen
from app.core.text import Message

CAN = Capability
ABSENT = "not-there.example"


def back_to(subject, before):
    """The domain is as it was."""
    now = subject.there(before.name)
    assert now is not None
    assert [(r.host, r.port) for r in now.routes or ()] == [(r.host, r.port) for r in before.routes or ()]
    assert set(now.aliases or ()) == set(before.aliases or ())
    assert (now.account, now.status) == (before.account, before.status)


# --- domains ------------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.DOMAIN_ADD)
def test_a_plan_is_made_of_reads(subject):
    assert subject.driver.plan(subject.addition())
    assert not any(record.write for record in subject.records) and subject.there(subject.about.new) is None


@pytest.mark.needs(CAN.DOMAIN_ADD)
def test_a_domain_is_added(subject):
    wish = subject.addition()
    steps = subject.carry_out(wish)
    assert steps and all(step.domain == wish.domain for step in steps)
    domain = subject.there(wish.domain)
    if wish.routes:
        assert subject.routes(wish.domain) == [route.host for route in wish.routes]
    if wish.aliases:
        assert set(domain.aliases) == set(wish.aliases)
    assert wish.domain in subject.listed() and subject.connect().read_domain(wish.domain) == domain
    assert subject.driver.plan(wish) == []


@pytest.mark.needs(CAN.DOMAIN_ADD, CAN.DOMAIN_REMOVE)
def test_an_addition_is_taken_back(subject):
    wish = subject.addition()
    subject.undo(subject.carry_out(wish)[:1])
    assert subject.there(wish.domain) is None


@pytest.mark.needs(CAN.DOMAIN_ADD, CAN.DOMAIN_REMOVE)
def test_each_step_of_an_addition_is_taken_back_by_itself(subject):
    steps = subject.carry_out(subject.addition())
    subject.undo([step for step in steps if step.inverse is not None])
    assert steps[0].inverse is not None and subject.there(subject.about.new) is None


@pytest.mark.needs(CAN.DOMAIN_ADD)
def test_an_addition_that_broke_off_is_finished_by_planning_again(subject):
    wish = subject.addition()
    steps = subject.driver.plan(wish)
    for done in range(1, len(steps)):
        subject.driver.apply(steps[done - 1])
        rest = subject.driver.plan(wish)
        assert [s.verb for s in rest] == [s.verb for s in steps[done:]]
    subject.driver.apply(steps[-1])
    assert subject.driver.plan(wish) == []


@pytest.mark.needs(CAN.DOMAIN_ADD)
def test_what_is_there_with_other_values_is_a_conflict(subject):
    about = subject.about
    if about.other_options:
        wish = subject.wish("domain.add", options={**about.options, **about.other_options})
    else:
        wish = subject.addition(about.domain, routes=[{"host": "quite-another.example"}])
    with pytest.raises(Conflict) as caught:
        subject.driver.plan(wish)
    assert about.domain in str(caught.value) and not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.DOMAIN_REMOVE)
def test_a_domain_is_removed_and_brought_back(subject):
    before = subject.there()
    [step] = subject.carry_out(subject.wish("domain.remove"))
    assert subject.there() is None
    assert step.before and step.lost and all(isinstance(text, Message) and str(text) for text in step.lost)
    with contextlib.suppress(NotFound):
        assert subject.driver.plan(subject.wish("domain.remove")) == []
    subject.undo([step])
    back_to(subject, before)


@pytest.mark.needs(CAN.DOMAIN_REMOVE, CAN.SETTINGS_WRITE)
def test_settings_come_back_with_their_domain(subject):
    name, value, _ = subject.about.setting
    subject.carry_out(subject.wish("settings.set", name=name, value=value))
    wanted = subject.driver.read_settings(subject.about.domain, [name])[0]
    subject.undo(subject.carry_out(subject.wish("domain.remove")))
    assert subject.driver.read_settings(subject.about.domain, [name])[0] == wanted


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.DOMAIN_ADD)
def test_an_international_name(subject):
    wish = subject.addition(subject.about.international)
    assert wish.domain.startswith("xn--")
    subject.carry_out(wish)
    assert subject.there(wish.domain).name == wish.domain and wish.domain in subject.listed()
    assert subject.driver.plan(wish) == []
    if subject.can(CAN.DOMAIN_REMOVE):
        subject.carry_out(subject.wish("domain.remove", domain=wish.domain))
        assert subject.there(wish.domain) is None


@pytest.mark.needs(CAN.ALIASES_WRITE, CAN.ROUTES_WRITE)
def test_international_aliases_and_route_hosts(subject):
    subject.carry_out(subject.wish("aliases.add", aliases=["größe.example"]))
    assert "xn--gre-6ka8i.example" in subject.there().aliases
    subject.carry_out(subject.wish("routes.set", routes=[{"host": "mx.größe.example"}]))
    assert subject.routes() == ["mx.xn--gre-6ka8i.example"]


@pytest.mark.parametrize(
    "bad",
    ["a" * 300 + ".example", "a" * 64 + ".example", ".".join(["a" * 60] * 5), "a b.example", "a\x00.example"],
)
def test_names_that_are_none_never_reach_the_driver(subject, bad):
    for command, fields in (
        ("domain.add", {"domain": bad}),
        ("domain.remove", {"domain": bad}),
        ("routes.set", {"routes": [{"host": bad}]}),
        ("routes.replace_host", {"old_host": "a.example", "new_host": bad}),
        ("aliases.add", {"aliases": [bad]}),
    ):
        with pytest.raises(Invalid):
            subject.wish(command, **fields)
    assert subject.log.count() == 0


# --- routes -------------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.ROUTES_WRITE)
def test_routes_are_set_added_replaced_removed_and_brought_back(subject):
    for command, fields, hosts in (
        ("routes.set", {"routes": [{"host": "one.example"}]}, ["one.example"]),
        ("routes.add", {"route": {"host": "two.example"}}, ["one.example", "two.example"]),
        (
            "routes.replace_host",
            {"old_host": "one.example", "new_host": "zero.example"},
            ["zero.example", "two.example"],
        ),
        ("routes.remove", {"host": "two.example"}, ["zero.example"]),
        (
            "routes.add",
            {"route": {"host": "first.example"}, "position": 0},
            ["first.example", "zero.example"],
        ),
    ):
        before = subject.there()
        wish = subject.wish(command, **fields)
        steps = subject.carry_out(wish)
        assert len(steps) == 1 and subject.routes() == hosts
        assert steps[0].before and steps[0].after and subject.driver.plan(wish) == []
        subject.undo(steps)
        back_to(subject, before)
        subject.carry_out(wish)


@pytest.mark.needs(CAN.ROUTES_WRITE)
def test_routes_that_somebody_changed_meanwhile_are_left_alone(subject):
    before = subject.routes()
    wish = subject.wish("routes.set", routes=[{"host": "one.example"}], expected=[{"host": "stale.example"}])
    with pytest.raises(Conflict):
        subject.driver.plan(wish)
    assert subject.routes() == before and not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.ROUTES_WRITE)
def test_routes_that_somebody_changed_since_are_not_brought_back(subject):
    """Undo names what it expects to find."""
    [step] = subject.carry_out(subject.wish("routes.set", routes=[{"host": "one.example"}]))
    subject.carry_out(subject.wish("routes.set", routes=[{"host": "theirs.example"}]))
    with contextlib.suppress(Conflict):
        assert [subject.driver.plan(from_json(data)) for data in step.inverse] == [[]]
    assert subject.driver.observe(step).seen is Seen.DIFFERS and subject.routes() == ["theirs.example"]


@pytest.mark.needs(CAN.ROUTES_WRITE)
def test_ports_are_kept_or_refused_before_any_call(subject):
    wish = subject.wish("routes.set", routes=[{"host": "one.example", "port": 2525}])
    if subject.static.limits.route_ports:
        subject.carry_out(wish)
        assert [str(route) for route in subject.there().routes] == ["one.example:2525"]
        return
    with pytest.raises(NotSupported):
        subject.driver.plan(wish)
    assert subject.log.count() == 0


# --- aliases ------------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.ALIASES_WRITE)
def test_aliases_are_added_removed_and_brought_back(subject):
    before, new = subject.there(), subject.about.aliases
    wish = subject.wish("aliases.add", aliases=list(new))
    added = subject.carry_out(wish)
    assert set(subject.there().aliases) == {*before.aliases, *new} and subject.driver.plan(wish) == []
    assert set(subject.connect().read_domain(before.name).aliases) == {*before.aliases, *new}
    away = subject.wish("aliases.remove", aliases=[new[0]])
    removed = subject.carry_out(away)
    assert set(subject.there().aliases) == {*before.aliases, *new[1:]} and subject.driver.plan(away) == []
    subject.undo(removed)
    assert set(subject.there().aliases) == {*before.aliases, *new}
    subject.undo(added)
    back_to(subject, before)


@pytest.mark.needs(CAN.ALIASES_WRITE)
def test_aliases_that_are_so_already_cost_nothing(subject):
    there = subject.there().aliases[0]
    assert subject.driver.plan(subject.wish("aliases.add", aliases=[there])) == []
    assert subject.driver.plan(subject.wish("aliases.remove", aliases=["no-alias.example"])) == []


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.needs(CAN.SETTINGS_WRITE)
def test_a_setting_of_a_domain_is_set_changed_and_brought_back(subject):
    _set_change_and_undo(subject, subject.about.domain)


@pytest.mark.needs(CAN.SETTINGS_WRITE, "defaults")
def test_a_default_of_the_connection_is_set_changed_and_brought_back(subject):
    _set_change_and_undo(subject, None)


def _set_change_and_undo(subject, domain):
    name, one, other = subject.about.setting
    read = lambda: subject.driver.read_settings(domain, [name])[0]  # noqa: E731
    wish = lambda value: subject.wish("settings.set", domain=domain, name=name, value=value)  # noqa: E731
    before = read()
    first = subject.carry_out(wish(one))
    assert str(read().value) == one and subject.driver.plan(wish(one)) == []
    second = subject.carry_out(wish(other))
    assert str(read().value) == other
    subject.undo(second)
    assert str(read().value) == one
    subject.undo(first)
    assert read() == before


@pytest.mark.needs(CAN.SETTINGS_WRITE)
def test_a_setting_goes_back_to_what_it_inherits(subject):
    name, one, _ = subject.about.setting
    read = lambda: subject.driver.read_settings(subject.about.domain, [name])[0]  # noqa: E731
    subject.carry_out(subject.wish("settings.set", name=name, value=one))
    own, wish = read(), subject.wish("settings.set", name=name, value=None)
    if own.source is Source.UNKNOWN:
        with pytest.raises((NotSupported, Invalid)):
            subject.driver.plan(wish)
        assert read() == own
        return
    assert own.source is Source.OWN
    subject.carry_out(wish)
    assert subject.driver.plan(wish) == []
    assert read().source is not Source.OWN and read().value == own.default


@pytest.mark.needs(CAN.SETTINGS_WRITE)
def test_a_setting_that_does_not_exist_or_a_value_that_it_cannot_have(subject):
    with pytest.raises(NotFound):
        subject.driver.plan(subject.wish("settings.set", name="no_such_setting", value="1"))
    with pytest.raises(Invalid):
        subject.driver.plan(
            subject.wish("settings.set", name=subject.about.setting[0], value="no value of this")
        )
    assert not any(record.write for record in subject.records)


# --- what is not there --------------------------------------------------------------------------------------------


def _not_found(subject, command, **fields):
    wish = subject.wish(command, domain=ABSENT, **fields)
    with pytest.raises(NotFound):
        subject.driver.plan(wish)
    assert not any(record.write for record in subject.records)


@pytest.mark.needs(CAN.DOMAIN_REMOVE)
def test_a_domain_that_is_not_there_cannot_be_removed(subject):
    _not_found(subject, "domain.remove")


@pytest.mark.needs(CAN.ROUTES_WRITE)
def test_routes_of_what_is_not_there(subject):
    _not_found(subject, "routes.set", routes=[{"host": "mx.example.net"}])
    _not_found(subject, "routes.add", route={"host": "mx.example.net"})
    _not_found(subject, "routes.remove", host="mx.example.net")
    _not_found(subject, "routes.replace_host", old_host="a.example", new_host="b.example")


@pytest.mark.needs(CAN.ALIASES_WRITE)
def test_aliases_of_what_is_not_there(subject):
    _not_found(subject, "aliases.add", aliases=["alias.example"])
    _not_found(subject, "aliases.remove", aliases=["alias.example"])


@pytest.mark.needs(CAN.SETTINGS_WRITE)
def test_a_setting_of_what_is_not_there(subject):
    name, one, _ = subject.about.setting
    _not_found(subject, "settings.set", name=name, value=one)
