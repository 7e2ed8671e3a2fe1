"""E-mail handling as settings: words for codes, read and sent as one object."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import Invalid, Malformed, NotFound, NotSupported, OutcomeUnknown, Unreachable
from app.core.model import FieldKind, Source
from app.core.plan import Applied, Seen, Verb
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import FIND, FIRST, SECOND, again, applied, site, undone, wish

READ, WRITE = "GET /filtering/emailhandling/{domain_id}/", "POST /filtering/emailhandling/{domain_id}/"


def values(bench: Bench, domain: str = FIRST) -> dict[str, Any]:
    return {field.name: field.value for field in bench.driver.read_settings(domain)}


def kept(sandbox: Sandbox) -> dict[str, Any]:
    return site(sandbox).table("email_handling")["432"]


def test_the_fields(bench: Bench) -> None:
    fields = {field.name: field for field in bench.driver.setting_fields()}
    assert len(fields) == 37
    assert list(dict.fromkeys(str(field.group) for field in fields.values())) == [
        "Spam and infomail",
        "Sender authentication",
        "Mode",
        "Content control",
        "Content control of incoming mail",
        "Content control of outgoing mail",
    ]
    assert fields["spamhandling"].kind is FieldKind.CHOICE
    assert [word for word, _ in fields["spamhandling"].choices] == ["quarantine", "tag"]
    assert fields["grey_active"].kind is FieldKind.SWITCH and fields["tagphrase"].kind is FieldKind.TEXT
    assert bench.called() == []


def test_read(either: Bench) -> None:
    found = values(either)
    control = {name: found.pop(name) for name in list(found) if name.startswith(("incoming", "outgoing"))}
    assert len(control) == 19 and None not in control.values() and found.pop("use_same_settings") is True
    assert found == {
        "spamhandling": "quarantine",
        "tagphrase": "[SPAM]",
        "infomailhandling": "quarantine",
        "infomailtagphrase": "[INFO]",
        "grey_active": True,
        "grey_user": False,
        "social_media_filter_enabled": False,
        "travel_filter_enabled": False,
        "purchase_filter_enabled": False,
        "spf_status": "own",
        "spf_fail": "quarantine",
        "spf_softfail": "nothing",
        "spf_analysis": "envelope",
        "dkim_validation": "off",
        "dkim_signature": False,
        "dmarc": "policy_or_nothing",
        "filtering_action_mode": None,
    }
    [mode] = either.driver.read_settings(FIRST, ["filtering_action_mode", "grey_user"])[1:]
    assert mode.problem is not None and mode.name == "filtering_action_mode"


def test_what_reading_costs(bench: Bench) -> None:
    found = bench.driver.read_settings(FIRST, ["spamhandling"])
    assert [field.name for field in found] == ["spamhandling"]
    assert found[0].source is Source.UNKNOWN and found[0].default is None
    assert bench.called() == [*FIND, READ]


def test_a_value_that_nobody_knows_is_a_problem_of_its_own(bench: Bench, sandbox: Sandbox) -> None:
    site(sandbox).table("email_handling")["432"] = {"spamhandling": 7}
    spam, mark, *_ = bench.driver.read_settings(FIRST)
    assert spam.value is None and "no value that is known" in str(spam.problem)
    assert mark.value == "[SPAM]" and mark.problem is None


@pytest.mark.parametrize(
    ("name", "value", "code", "shown"),
    [
        ("spamhandling", "tag", 0, "tag"),
        ("infomailhandling", "tag", 1, "tag"),
        ("infomailhandling", " TAG ", 1, "tag"),
        ("tagphrase", "[JUNK]", "[JUNK]", "[JUNK]"),
        ("tagphrase", "", "", ""),
        ("grey_active", "False", False, False),
        ("grey_user", "on", True, True),
        ("travel_filter_enabled", "yes", True, True),
    ],
)
def test_set_and_undo(either: Bench, sandbox: Sandbox, name: str, value: str, code: Any, shown: Any) -> None:
    before = values(either)
    [step] = either.driver.plan(wish("settings.set", name=name, value=value))
    assert (step.verb, step.subject) == (Verb.SETTING_SET, f"{FIRST}: {name}")
    assert (step.before, step.after) == ({"value": before[name]}, {"value": shown})
    assert either.driver.observe(again(step)).seen is Seen.NOT_DONE
    assert either.driver.apply(again(step)) == Applied()
    assert either.driver.observe(again(step)).seen is Seen.DONE
    assert kept(sandbox)[name] == code
    assert values(either) == {**before, name: shown}
    assert either.driver.plan(wish("settings.set", name=name, value=value)) == []
    undone(either, [step])
    assert values(either) == before


@pytest.mark.parametrize(
    ("name", "value", "table", "code"),
    [
        ("spf_status", "all", "spf", {"status": 2}),
        ("spf_fail", "reject", "spf", {"fail": 1}),
        ("spf_softfail", "quarantine", "spf", {"softfail": 0}),
        ("spf_analysis", "both", "spf", {"analysis": 2}),
        ("dkim_validation", "reject", "dkim/validation", {"status": 2}),
        ("dkim_signature", "on", "dkim/signature", {"status": 1}),
        ("dmarc", "policy_or_reject", "dmarc", {"status": 5}),
        ("dmarc", "quarantine", "dmarc", {"status": 1}),
    ],
)
def test_authentication_is_set_and_undone(
    either: Bench, sandbox: Sandbox, name: str, value: str, table: str, code: dict[str, int]
) -> None:
    before = values(either)
    steps = either.driver.plan(wish("settings.set", name=name, value=value))
    either.driver.apply(again(steps[0]))
    assert either.driver.observe(again(steps[0])).seen is Seen.DONE
    [kept_there] = site(sandbox).table(table).values()
    assert code.items() <= kept_there.items()
    now = values(either)
    assert {key for key in now if now[key] != before[key]} == {name}
    assert either.driver.plan(wish("settings.set", name=name, value=value)) == []
    undone(either, steps)
    assert values(either) == before


def test_one_part_that_does_not_answer_costs_its_own_settings_only(bench: Bench, fault: Any) -> None:
    fault("malformed", "GET /email_authentication/spf/")
    found = {field.name: field for field in bench.driver.read_settings(FIRST)}
    assert found["spf_status"].problem is not None and found["spf_fail"].value is None
    assert (found["dmarc"].value, found["dmarc"].problem) == ("policy_or_nothing", None)
    assert found["spamhandling"].value == "quarantine"
    with pytest.raises(Malformed):
        bench.driver.read_settings(FIRST, ["spf_status"])


def test_a_code_that_nobody_knows(bench: Bench, sandbox: Sandbox) -> None:
    applied(bench, wish("settings.set", name="dmarc", value="reject"))
    table = site(sandbox).table("dmarc")
    for key in list(table):
        table[key] = {"status": 9}
    [field] = bench.driver.read_settings(FIRST, ["dmarc"])
    assert field.value is None and "no value that is known" in str(field.problem)


def test_what_setting_costs(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("settings.set", name="grey_user", value="on"))
    assert bench.called() == [*FIND, READ]
    bench.records.clear()
    bench.driver.apply(step)
    assert bench.called() == [READ, WRITE]


def test_what_changed_since_the_plan_stays(bench: Bench, sandbox: Sandbox) -> None:
    [step] = bench.driver.plan(wish("settings.set", name="grey_user", value="on"))
    applied(bench, wish("settings.set", name="tagphrase", value="[JUNK]"))
    bench.driver.apply(step)
    assert (kept(sandbox)["tagphrase"], kept(sandbox)["grey_user"]) == ("[JUNK]", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("spamhandling", "1"), ("spamhandling", ""), ("grey_user", "perhaps"), ("tagphrase", "x" * 256)],
)
def test_a_value_that_is_none(bench: Bench, name: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        bench.driver.plan(wish("settings.set", name=name, value=value))
    assert list(caught.value.fields) == ["value"]
    assert bench.called() == []


def test_there_are_no_defaults_and_no_way_back_to_them(bench: Bench) -> None:
    with pytest.raises(NotSupported, match="no defaults for all domains"):
        bench.driver.read_settings(None)
    with pytest.raises(NotSupported, match="no defaults for all domains"):
        bench.driver.plan(wish("settings.set", None, name="grey_user", value="on"))
    with pytest.raises(NotSupported, match="no call that brings an inherited value back"):
        bench.driver.plan(wish("settings.set", name="grey_user", value=None))
    assert bench.called() == []


def test_a_setting_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFound, match="no setting “colour”"):
        bench.driver.plan(wish("settings.set", name="colour", value="blue"))


def test_a_domain_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.driver.read_settings("nowhere.example")
    [step] = bench.driver.plan(wish("settings.set", SECOND, name="grey_user", value="on"))
    applied(bench, wish("domain.remove", SECOND))
    assert bench.driver.observe(step).seen is Seen.DIFFERS


@pytest.mark.parametrize("value", ["[SPAM] ", "two\nlines", "\x07"])
def test_a_value_that_no_command_can_carry_is_named(bench: Bench, sandbox: Sandbox, value: str) -> None:
    site(sandbox).table("email_handling")["432"] = {"tagphrase": value}
    [step] = bench.driver.plan(wish("settings.set", name="tagphrase", value="[JUNK]"))
    assert step.inverse is None and "value before" in str(step.lost[0])
    [removal] = bench.driver.plan(wish("domain.remove", FIRST))
    assert "tagphrase" not in removal.before["settings"]


def test_set_otherwise_meanwhile(bench: Bench) -> None:
    [step] = bench.driver.plan(wish("settings.set", name="tagphrase", value="[A]"))
    applied(bench, wish("settings.set", name="tagphrase", value="[B]"))
    seen = bench.driver.observe(step)
    assert (seen.seen, seen.now) == (Seen.DIFFERS, {"value": "[B]"})


def test_a_write_that_breaks_is_unknown_and_then_seen(bench: Bench, fault: Any) -> None:
    [step] = bench.driver.plan(wish("settings.set", name="grey_user", value="on"))
    fault("hangup", WRITE)
    with pytest.raises(OutcomeUnknown):
        bench.driver.apply(step)
    fault("html", READ)
    with pytest.raises(Unreachable, match="Nothing was changed"):
        bench.driver.apply(step)
    fault("delay", seconds=0)
    assert bench.called().count(WRITE) == 1
    assert bench.driver.observe(step).seen is Seen.DONE


def test_content_control_is_a_setting_of_each_direction(bench: Bench) -> None:
    """One field changes, the others go along as they were; outgoing mail is never cut."""
    steps = applied(
        bench, wish("settings.set", name="incoming_forbidden_attachment_extensions", value=".EXE, .js")
    )
    shown = {field.name: field.value for field in bench.driver.read_settings(FIRST)}
    assert shown["incoming_forbidden_attachment_extensions"] == ".exe, .js"
    assert (shown["incoming_email_size"], shown["incoming_allow_word"]) == (50, True)
    assert "outgoing_forbidden_attachment_handling" not in shown
    assert bench.driver.observe(steps[0]).seen is Seen.DONE
    undone(bench, steps)
    assert bench.driver.observe(steps[0]).seen is Seen.NOT_DONE
    for name, value in (("incoming_email_size", "151"), ("incoming_forbidden_attachment_handling", "burn")):
        with pytest.raises(Invalid):
            bench.driver.plan(wish("settings.set", name=name, value=value))
