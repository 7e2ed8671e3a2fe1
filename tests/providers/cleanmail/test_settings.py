"""Options of domains as settings, against the imitated service."""

import pytest

from app.core.errors import (
    BadCredentials,
    Conflict,
    Invalid,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    Rejected,
)
from app.core.model import FieldKind, Source
from app.core.plan import Seen, Verb
from app.providers.cleanmail.options import read_option
from tests.providers.cleanmail.conftest import again

NAME = "nordwind.example"


def field(cm, name, domain=NAME):
    [found] = cm.driver.read_settings(domain, [name])
    return found


def observed(cm, step):
    return cm.driver.observe(again(step)).seen


def test_options_with_what_they_inherit(cm, calls):
    fields = {found.name: found for found in cm.driver.read_settings(NAME)}
    assert calls() == ["listDomains", "listDomainOptions"]
    color = fields["BRAND_COLOR"]
    assert (color.value, color.default, color.source) == ("#0b3d5c", "#0b3d5c", Source.INHERITED)
    frequency = fields["REPORT_FREQUENCY"]
    assert frequency.kind is FieldKind.CHOICE and [value for value, _ in frequency.choices] == [
        "never",
        "daily",
        "weekly",
    ]
    assert str(frequency.help) == "How often a mailbox gets the list of its quarantine"
    empty = fields["REPORT_EMPTY"]
    assert (empty.kind, empty.value) == (FieldKind.SWITCH, False)
    assert "sysadmin" in str(fields["APP_URL"].help)
    assert fields["DISCLAIMER"].value is None and str(fields["TIME_ZONE"].label) == "Time zone"


def test_credentials_are_neither_shown_nor_written(cm, wish, upstream):
    row = cm.driver._reads.record(NAME)
    upstream.records.table("options")[f"domain:{row.id}"] = {"SMTP_LOGIN": "user:hidden-word"}
    found = field(cm, "SMTP_LOGIN")
    assert (found.kind, found.value, found.default, found.writable) == (FieldKind.SECRET, None, None, False)
    assert "hidden-word" not in repr(found) and "credentials" in str(found.problem)
    with pytest.raises(NotSupported, match="credentials"):
        cm.driver.plan(wish("settings.set", domain=NAME, name="SMTP_LOGIN", value="x:y"))
    [removal] = cm.driver.plan(wish("domain.remove", domain=NAME))
    assert "hidden-word" not in repr(removal) and removal.before["settings"] == {}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("BRAND_COLOR", "#123456", "#123456"),
        ("REPORT_FREQUENCY", "weekly", "weekly"),
        ("REPORT_EMPTY", "True", True),
        ("REPORT_EMPTY", "off", False),
        ("GREETING", "", ""),
        ("APP_URL", "mail.example.net", "mail.example.net"),
    ],
)
def test_an_option_is_set_and_undone(cm, wish, undo, calls, name, value, shown):
    before = field(cm, name)
    calls()
    [step] = cm.driver.plan(wish("settings.set", domain=NAME, name=name, value=value))
    assert calls() == ["listDomains", "listDomainOptions"]
    assert (step.verb, observed(cm, step)) == (Verb.SETTING_SET, Seen.NOT_DONE)
    calls()
    cm.driver.apply(again(step))
    assert calls() == ["singleDomain", "setDomainOption"]
    now = field(cm, name)
    assert (now.value, now.source, now.default) == (shown, Source.OWN, before.default)
    assert observed(cm, step) is Seen.DONE
    undo(step)
    assert field(cm, name) == before and observed(cm, step) is Seen.NOT_DONE


def test_an_option_returns_to_what_it_inherits_and_back(cm, do, undo, calls):
    do("settings.set", domain=NAME, name="GREETING", value="Moin")
    calls()
    [step] = do("settings.set", domain=NAME, name="GREETING", value=None)
    assert calls()[-1] == "deleteDomainOption"
    assert (field(cm, "GREETING").source, field(cm, "GREETING").value) == (Source.INHERITED, "Welcome")
    assert step.before == {"own": True, "value": "Moin"} and step.after == {"own": False, "value": "Welcome"}
    assert observed(cm, step) is Seen.DONE
    undo(step)
    assert (field(cm, "GREETING").source, field(cm, "GREETING").value) == (Source.OWN, "Moin")
    assert observed(cm, step) is Seen.NOT_DONE
    do("settings.set", domain=NAME, name="GREETING", value="Hallo")
    assert observed(cm, step) is Seen.DIFFERS


def test_what_is_so_already_needs_no_step(cm, do, wish):
    assert cm.driver.plan(wish("settings.set", domain=NAME, name="GREETING", value=None)) == []
    [step] = do(
        "settings.set", domain=NAME, name="GREETING", value="Welcome"
    )  # its own, equal to the inherited one
    assert field(cm, "GREETING").equals_default and step.after == {"own": True, "value": "Welcome"}
    assert cm.driver.plan(wish("settings.set", domain=NAME, name="GREETING", value="Welcome")) == []


@pytest.mark.parametrize(("name", "value"), [("REPORT_EMPTY", "perhaps"), ("REPORT_FREQUENCY", "hourly")])
def test_values_that_are_not_possible_are_refused_before_they_are_sent(cm, wish, calls, name, value):
    with pytest.raises(Invalid, match="value"):
        cm.driver.plan(wish("settings.set", domain=NAME, name=name, value=value))
    assert "setDomainOption" not in calls()


def test_values_that_cleanmail_refuses(cm, wish):
    [step] = cm.driver.plan(wish("settings.set", domain=NAME, name="BRAND_COLOR", value="reddish"))
    with pytest.raises(Rejected, match="a colour such as"):
        cm.driver.apply(step)
    assert observed(cm, step) is Seen.NOT_DONE


def test_what_is_not_there(cm, wish):
    with pytest.raises(NotFound, match="no option “COLOUR”"):
        cm.driver.plan(wish("settings.set", domain=NAME, name="COLOUR", value="x"))
    with pytest.raises(NotFound):
        cm.driver.read_settings("gone.example")


def test_the_defaults_themselves_are_not_open(cm, wish):
    for act in (
        lambda: cm.driver.read_settings(None),
        lambda: cm.driver.plan(wish("settings.set", name="GREETING", value="x")),
    ):
        with pytest.raises(NotSupported, match="domains and mailboxes only"):
            act()
    assert cm.records == []


def test_a_restricted_option_needs_the_sysadmin_role(limited, wish):
    [step] = limited.driver.plan(wish("settings.set", domain=NAME, name="APP_URL", value="mail.example.net"))
    with pytest.raises(BadCredentials, match="sysadmin"):
        limited.driver.apply(step)
    [step] = limited.driver.plan(wish("settings.set", domain=NAME, name="GREETING", value="Hi"))
    limited.driver.apply(step)


def test_which_options_there_are_is_asked_for_once(cm, calls):
    fields = cm.driver.setting_fields()
    assert calls() == ["listDomains", "listDomainOptions"]
    assert len(fields) == 10 and all(f.value is None and f.source is Source.UNKNOWN for f in fields)
    assert cm.driver.setting_fields() == fields and calls() == []


@pytest.mark.parametrize("call", ["listDomains", "listDomainOptions"])
def test_which_options_there_are_is_not_known_while_nobody_answers(cm, fault, sandbox, call):
    fault("5xx", call)
    assert cm.driver.setting_fields() == ()
    sandbox.faults["cleanmail"].set()
    assert cm.driver.setting_fields()


def test_without_a_domain_no_options_are_known(cm, upstream):
    for row in upstream.records.every("domains"):
        upstream.records.remove("domains", row)
    assert cm.driver.setting_fields() == ()


def test_a_deletion_is_planned_even_where_options_are_not_open(answering, wish):
    row = {"id": "x", "name": NAME, "domainAliases": []}

    def answer(told):
        return (
            (403, {"message": "no"}, {})
            if told.path.endswith("options")
            else (200, [row], {"X-Total-Count": "1"})
        )

    bench, _ = answering(answer)
    [step] = bench.driver.plan(wish("domain.remove", domain=NAME))
    assert step.before["settings"] == {}


def test_a_switch_is_written_as_it_is_spelled(answering, wish):
    row = {"id": "x", "name": NAME, "domainAliases": []}
    option = {
        "value": None,
        "parentValue": "false",
        "option": {"name": "ON", "type": "BOOL", "domainScope": True},
    }

    def answer(told):
        if told.path.endswith("options"):
            return 200, [option] if told.method == "GET" else {}, {}
        return 200, [row] if told.path == "/domains" else row, {}

    bench, asked = answering(answer)
    [step] = bench.driver.plan(wish("settings.set", domain=NAME, name="ON", value="on"))
    bench.driver.apply(again(step))
    assert asked[-1].body == {"name": "ON", "value": "true"}


def test_a_value_that_no_command_can_say_has_no_way_back(answering, wish):
    row = {"id": "x", "name": NAME, "domainAliases": []}
    option = {
        "value": "two\nlines",
        "parentValue": "",
        "option": {"name": "TEXT", "type": "TEXT", "domainScope": True},
    }
    bench, _ = answering(lambda told: (200, [option] if told.path.endswith("options") else [row], {}))
    [step] = bench.driver.plan(wish("settings.set", domain=NAME, name="TEXT", value="one line"))
    assert step.inverse is None and step.lost


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"option": None},
        {"option": {}},
        {"option": {"name": ""}},
        {"option": {"name": "X", "domainScope": False}},
    ],
)
def test_rows_that_are_no_option_of_a_domain_are_left_out(row):
    assert read_option(row) is None


def test_an_option_of_an_unknown_type_is_a_text():
    found = read_option({"value": 5, "option": {"name": "NEW", "type": "HOLOGRAM", "values": None}})
    assert (found.kind, found.value, found.source, found.default) == (FieldKind.TEXT, "5", Source.OWN, None)


def test_an_unknown_outcome_can_be_looked_up(cm, wish, fault):
    [step] = cm.driver.plan(wish("settings.set", domain=NAME, name="GREETING", value="Hi"))
    fault("hangup", "setDomainOption")
    with pytest.raises(OutcomeUnknown):
        cm.driver.apply(again(step))
    assert observed(cm, step) is Seen.DONE


def test_an_option_of_a_domain_that_went_meanwhile(cm, wish, do, upstream):
    do("domain.add", domain="new.example")
    [step] = cm.driver.plan(wish("settings.set", domain="new.example", name="GREETING", value="Hi"))
    do("domain.remove", domain="new.example")
    with pytest.raises(Conflict, match="marked as deleted"):
        cm.driver.plan(wish("settings.set", domain="new.example", name="GREETING", value="Hi"))
    upstream.records.table("purges")[step.ref["id"]] = 1
    assert observed(cm, step) is Seen.DIFFERS
