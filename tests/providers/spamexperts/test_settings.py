"""Settings: values, where they come from, and both meanings of "default", against the imitated cluster."""

import json
import time
from itertools import groupby

import pytest

from app.core.commands import from_json
from app.core.deadline import deadline_in
from app.core.errors import Invalid, NotFound, Unreachable
from app.core.model import FieldKind, Source
from app.core.plan import Seen, Step
from app.net.calls import collect
from app.providers.spamexperts.fields import BY_NAME, FIELDS
from app.sandbox.faults import Fault

OLD = "hafencafe.example"
READABLE = [field for field in FIELDS if field.readable]


def field_of(se, name, domain=OLD):
    [field] = se.driver.read_settings(domain, [name])
    return field


def test_what_people_ask_for_most_comes_first(se):
    fields = se.driver.setting_fields()
    assert [field.name for field in fields[:3]] == ["filter_status", "quarantine_enabled", "quarantine_days"]
    assert se.records == [] and all(field.value is None for field in fields)


def test_settings_stand_under_headings_each_of_which_comes_once(se):
    headings = [str(field.group) for field in se.driver.setting_fields()]
    assert len(set(headings)) == 6
    assert [heading for heading, _ in groupby(headings)] == list(dict.fromkeys(headings))


def test_every_setting_is_read_by_a_call_of_its_own(se, log):
    with collect() as collected:
        fields = se.driver.read_settings(OLD)
    assert [field.name for field in fields] == [field.name for field in FIELDS]
    assert sorted(log.names()) == sorted(field.getter for field in READABLE)
    assert len(collected) == len(READABLE)
    unread = [field.name for field in fields if field.problem]
    assert unread == [field.name for field in FIELDS if not field.readable]
    json.dumps([field.value for field in fields])


def test_a_value_that_is_inherited(se):
    field = field_of(se, "quarantine_threshold", "nordwind-werft.example")
    assert (field.source, field.value == field.default) == (Source.INHERITED, True)


def test_a_value_of_its_own_and_one_that_equals_the_default(se, do):
    do("settings.set", domain=OLD, name="quarantine_days", value="7")
    field = field_of(se, "quarantine_days")
    assert (field.value, field.source, field.default, field.equals_default) == (7, Source.OWN, 14, False)
    do("settings.set", domain=OLD, name="quarantine_days", value="14")
    field = field_of(se, "quarantine_days")
    assert (field.value, field.source, field.equals_default) == (14, Source.OWN, True)


def test_the_defaults_themselves(se, do):
    assert field_of(se, "additional_training_days", None).source is Source.DEFAULT
    [step] = do("settings.set", name="additional_training_days", value="3")
    assert (step.domain, step.subject) == (None, "default: additional_training_days")
    assert field_of(se, "additional_training_days", None).source is Source.OWN
    assert field_of(se, "additional_training_days").value == 3
    assert field_of(se, "additional_training_days").source is Source.INHERITED
    do("settings.set", name="additional_training_days")
    assert field_of(se, "additional_training_days").value == 0


@pytest.mark.parametrize("value", [None, "default", "Default"])
def test_back_to_what_is_inherited(se, do, value):
    do("settings.set", domain=OLD, name="quarantine_days", value="7")
    [step] = do("settings.set", domain=OLD, name="quarantine_days", value=value)
    assert step.args["arguments"] == {"domain": OLD, "days": "default"}
    assert field_of(se, "quarantine_days").source is Source.INHERITED
    assert se.driver.observe(Step.from_json(step.to_json())).seen is Seen.DONE


def test_what_is_so_already_needs_no_step(se, do, wish):
    do("settings.set", domain=OLD, name="filter_status", value="False")
    assert se.driver.plan(wish("settings.set", domain=OLD, name="filter_status", value="false")) == []
    assert se.driver.plan(wish("settings.set", domain=OLD, name="catch_all_check")) == []


def test_the_inherited_value_can_be_made_the_domains_own(se, do):
    inherited = field_of(se, "catch_all_check")
    assert inherited.source is Source.INHERITED
    [step] = do("settings.set", domain=OLD, name="catch_all_check", value=str(inherited.value))
    assert field_of(se, "catch_all_check").source is Source.OWN
    assert step.before == {"own": False, "value": True} and step.after == {"own": True, "value": True}


SAMPLES = {
    FieldKind.SWITCH: ("True", "False"),
    FieldKind.NUMBER: ("1", "0"),
    FieldKind.CHOICE: ("temporary", "permanent"),
}
TEXTS = {
    "excessive_messages_per_connection_behaviour": ("drop", "defer"),
    "disabled_spf_domains": ("a.example,b.example", "c.example"),
    "disabled_dkim_domains": ("a.example", "c.example"),
}


@pytest.mark.parametrize("setting", FIELDS, ids=lambda field: field.name)
def test_every_setting_can_be_set_looked_up_and_brought_back(se, do, cluster, setting):
    samples = SAMPLES.get(setting.kind) or TEXTS.get(setting.name)
    if samples is None:
        samples = ("a@x.example", "b@x.example") if setting.address else ("exe", "bat")
    do("settings.set", domain=OLD, name=setting.name)
    for value in samples:
        [step] = do("settings.set", domain=OLD, name=setting.name, value=value)
        step = Step.from_json(step.to_json())
        stored = cluster.state.table("settings")[OLD][setting.name]
        assert setting.from_wire(stored) == setting.from_wire(value)
        if not setting.readable:
            assert step.inverse is None and step.lost
            assert se.driver.observe(step).seen is Seen.CANNOT_TELL
            continue
        assert field_of(se, setting.name).source is Source.OWN
        assert se.driver.observe(step).seen is Seen.DONE
    if setting.readable:
        for data in step.inverse:
            [back] = se.driver.plan(from_json(data))
            se.driver.apply(back)
        stored = cluster.state.table("settings")[OLD][setting.name]
        assert setting.from_wire(stored) == setting.from_wire(samples[0])
        assert se.driver.observe(step).seen is Seen.NOT_DONE


def test_undo_of_a_first_value_brings_back_the_inheritance(se, do, cluster):
    [step] = do("settings.set", domain=OLD, name="block_hidden_executables", value="True")
    assert step.inverse == [
        {"command": "settings.set", "connection": "prod", "domain": OLD, "name": "block_hidden_executables"}
    ]


def test_what_somebody_changed_since_differs(se, do):
    [step] = do("settings.set", domain=OLD, name="quarantine_days", value="7")
    do("settings.set", domain=OLD, name="quarantine_days", value="8")
    observed = se.driver.observe(step)
    assert (observed.seen, observed.now) == (Seen.DIFFERS, {"own": True, "value": 8})


def test_a_setting_of_a_domain_that_is_gone_since_differs(se, do):
    [step] = do("settings.set", domain=OLD, name="quarantine_days", value="7")
    do("domain.remove", domain=OLD)
    assert se.driver.observe(step).seen is Seen.DIFFERS


def test_a_domain_that_is_not_there(se, wish):
    for act in (
        lambda: se.driver.read_settings("gone.example"),
        lambda: se.driver.plan(
            wish("settings.set", domain="gone.example", name="quarantine_days", value="7")
        ),
    ):
        with pytest.raises(NotFound, match=r"gone\.example is not on this server"):
            act()


def test_a_setting_that_does_not_exist(se, wish):
    for act in (
        lambda: se.driver.read_settings(OLD, ["nothing"]),
        lambda: se.driver.plan(wish("settings.set", domain=OLD, name="nothing", value="7")),
    ):
        with pytest.raises(NotFound, match="no setting “nothing”"):
            act()
    assert se.records == []


@pytest.mark.parametrize("value", ["", "x" * 5000])
def test_a_value_that_no_call_can_set_again_has_no_way_back(se, cluster, wish, value):
    cluster.state.table("settings")[OLD] = {"valid_helo_characters": value, "quarantine_days": 7}
    [step] = se.driver.plan(wish("settings.set", domain=OLD, name="valid_helo_characters", value="a"))
    assert step.inverse is None and "cannot be set again" in str(step.lost[0])
    [removal] = se.driver.plan(wish("domain.remove", domain=OLD))
    assert [data.get("name") for data in removal.inverse] == [None, "quarantine_days"]
    assert "valid_helo_characters" in str(removal.lost[0])


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("filter_status", "maybe", "on or off"),
        ("quarantine_days", "many", "whole number"),
        ("quarantine_days", "1.5", "whole number"),
        ("quarantine_days", "-1", "At least 0"),
        ("quarantine_days", "1e999999", "whole number"),
        ("quarantine_days", "nan", "whole number"),
        ("quarantine_threshold", "1.1", "From 0 to 1"),
        ("quarantine_threshold", "high", "A number"),
        ("predata_reject", "always", "off, temporary, permanent"),
        ("contact", "nobody", "not a mail address"),
        ("blocked_extensions", "", "empty value"),
    ],
)
def test_values_that_cannot_be(se, wish, name, value, problem):
    with pytest.raises(Invalid) as caught:
        se.driver.plan(wish("settings.set", domain=OLD, name=name, value=value))
    assert list(caught.value.fields) == ["value"] and problem in str(caught.value.fields["value"])
    assert se.records == []


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("filter_status", "1", "True"),
        ("quarantine_days", " 07 ", "7"),
        ("quarantine_days", "1e2", "100"),
        ("quarantine_threshold", "0.650", "0.65"),
        ("quarantine_threshold", "0.123456789", "0.123456789"),
        ("quarantine_threshold", "1", "1"),
        ("maximum_message_size", "52428800", "52428800"),
        ("blocked_extensions", ".EXE: js::exe", "exe:js"),
        ("disabled_spf_domains", "A.example, b.example", "a.example,b.example"),
        ("contact", " Joe@Example.ORG ", "Joe@example.org"),
        ("administrator_callout", "", ""),
    ],
)
def test_values_as_they_are_sent(name, value, sent):
    assert BY_NAME[name].to_wire(value) == sent


@pytest.mark.parametrize(
    ("value", "shown"), [(14, 14), ("14", 14), ("0.65", 0.65), ("9007199254740993", 9007199254740993)]
)
def test_numbers_keep_their_value(value, shown):
    field = BY_NAME["quarantine_threshold"] if "." in str(value) else BY_NAME["maximum_message_size"]
    assert field.from_wire(value) == shown


def test_a_setting_that_cannot_be_read_carries_its_problem(se, cluster, sandbox):
    cluster.profile["help_hides"] = ["api_get_contact"]
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "html", "calls": "api_get_filter_status"}))
    fields = {field.name: field for field in se.driver.read_settings(OLD)}
    assert "No permission to call api_get_contact" in str(fields["contact"].problem)
    assert "web page" in str(fields["filter_status"].problem)
    assert fields["quarantine_days"].problem is None


def test_a_value_of_the_wrong_kind_is_a_problem_of_its_field(se, cluster):
    rows = cluster.state.table("settings")
    rows[OLD] = {"quarantine_days": "soon"}
    fields = {f.name: f for f in se.driver.read_settings(OLD, ["quarantine_days", "filter_status"])}
    assert "“soon” is not a value" in str(fields["quarantine_days"].problem)
    assert fields["filter_status"].problem is None


def test_when_nothing_can_be_read_the_error_is_raised(se, sandbox):
    sandbox.faults["spamexperts"].set(Fault.parse({"fault": "reset"}))
    with pytest.raises(Unreachable):
        se.driver.read_settings(OLD)


def test_the_deadline_holds_for_all_of_them(se):
    with deadline_in(0), pytest.raises(Unreachable, match="no time left"):
        se.driver.read_settings(OLD)
    assert se.records == []


def test_what_came_in_time_is_shown_when_one_call_is_late(se, sandbox):
    late = {"fault": "delay", "seconds": 5, "calls": "api_get_quarantine_days"}
    sandbox.faults["spamexperts"].set(Fault.parse(late))
    began = time.monotonic()
    with deadline_in(2):
        fields = {f.name: f for f in se.driver.read_settings(OLD, ["quarantine_days", "filter_status"])}
    assert time.monotonic() - began < 2, "before whoever waits for it gives up"
    assert fields["quarantine_days"].problem is not None and fields["filter_status"].problem is None


def test_no_more_calls_at_once_than_the_connection_allows(connect, sandbox, monkeypatch):
    se = connect("spamexperts", parallel=2)
    running, most = set(), []
    handle = type(sandbox.upstreams["spamexperts"]).call_name

    def counted(self, request):
        running.add(id(request))
        most.append(len(running))
        try:
            return handle(self, request)
        finally:
            running.discard(id(request))

    monkeypatch.setattr(type(sandbox.upstreams["spamexperts"]), "call_name", counted)
    se.driver.read_settings(OLD)
    assert max(most) <= 2 and len(most) == len(READABLE)
