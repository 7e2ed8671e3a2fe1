"""Settings and both meanings of ``default`` (contract sheet, sections 2.2 and 5)."""

import pytest

from app.sandbox.spamexperts.policy import FACTORY_EXTENSIONS, POLICIES

PLAIN = "hafencafe.example"
X = "quarantine_threshold"


def warning(default):
    return f"WARNING: This value is not the default. The default value is: {default}"


def test_an_inherited_value_is_one_line(api):
    assert api.lines(f"api_get_{X}", domain=PLAIN) == [f"{PLAIN} 0.8"]


def test_an_own_value_has_a_warning_before_it(api):
    assert api.lines(f"api_get_{X}", domain="nordwind.example") == [warning("0.8"), "nordwind.example 0.65"]


def test_an_own_value_that_equals_the_default_is_its_own_all_the_same(api):
    assert api.lines(f"api_get_{X}", domain="nordwind-logistik.example") == [
        warning("0.8"),
        "nordwind-logistik.example 0.8",
    ]
    api.done("api_set_filter_status", domain=PLAIN, status="True")
    assert api.lines("api_get_filter_status", domain=PLAIN) == [warning("True"), f"{PLAIN} True"]


def test_json_says_the_same(api):
    assert api.json(f"api_get_{X}", domain=PLAIN) == {
        "domain": PLAIN,
        "value": 0.8,
        "is_default": True,
        "default": 0.8,
        "warnings": [],
    }
    own = api.json(f"api_get_{X}", domain="nordwind.example")
    assert (own["value"], own["is_default"], own["default"]) == (0.65, False, 0.8)
    assert own["warnings"] == ["This value is not the default. The default value is: 0.8"]


def test_the_value_default_removes_the_own_value(api):
    api.done(f"api_set_{X}", domain="nordwind.example", threshold="default")
    assert api.lines(f"api_get_{X}", domain="nordwind.example") == ["nordwind.example 0.8"]


def test_the_domain_default_changes_all_who_inherit_and_nobody_else(api):
    api.done(f"api_set_{X}", domain="default", threshold="0.7")
    assert api.lines(f"api_get_{X}", domain=PLAIN) == [f"{PLAIN} 0.7"]
    assert api.lines(f"api_get_{X}", domain="nordwind.example") == [warning("0.7"), "nordwind.example 0.65"]
    assert api.lines(f"api_get_{X}", domain="default")[-1] == "default 0.7"


def test_both_defaults_at_once_bring_back_the_factory_value(api):
    api.done(f"api_set_{X}", domain="default", threshold="default")
    assert api.lines(f"api_get_{X}", domain="default") == ["default 0.9"]
    assert api.lines(f"api_get_{X}", domain=PLAIN) == [f"{PLAIN} 0.9"]


def test_the_factory_list_of_extensions_comes_back(api):
    api.done("api_set_blocked_extensions", domain=PLAIN, extensions="exe:js")
    assert api.lines("api_get_blocked_extensions", domain=PLAIN)[-1] == f"{PLAIN} exe:js"
    api.done("api_set_blocked_extensions", domain=PLAIN, extensions="default")
    assert api.lines("api_get_blocked_extensions", domain=PLAIN) == [f"{PLAIN} {FACTORY_EXTENSIONS}"]


@pytest.mark.parametrize("text", ["True", "true", "TRUE", "1"])
def test_booleans_in_any_case(api, text):
    api.done("api_set_block_hidden_executables", domain=PLAIN, enabled="False")
    api.done("api_set_block_hidden_executables", domain=PLAIN, enabled=text)
    assert api.lines("api_get_block_hidden_executables", domain=PLAIN)[-1] == f"{PLAIN} True"


@pytest.mark.parametrize(
    ("setting", "argument", "value"),
    [
        (X, "threshold", "1.1"),
        (X, "threshold", "-0.1"),
        (X, "threshold", "nan"),
        (X, "threshold", "high"),
        ("quarantine_days", "days", "366"),
        ("quarantine_days", "days", "-1"),
        ("quarantine_days", "days", "1.5"),
        ("quarantine_days", "days", "²"),
        ("maximum_message_size", "size", "99999999999"),
        ("filter_status", "status", "maybe"),
        ("blocked_extensions", "extensions", "exe,com"),
        ("blocked_extensions", "extensions", ".exe"),
        ("predata_reject", "action", "sometimes"),
        ("contact", "email", "nobody"),
        ("disabled_spf_domains", "domains", "a.example:b.example"),
    ],
)
def test_bad_values(api, setting, argument, value):
    before = api.text(f"api_get_{setting}", domain=PLAIN)
    text = api.refused(f"api_set_{setting}", domain=PLAIN, **{argument: value})
    assert text == f"Invalid value for {argument}: '{value}'"
    assert api.text(f"api_get_{setting}", domain=PLAIN) == before


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.name)
def test_every_setting_can_be_written_read_and_reset(api, policy):
    values = {
        "boolean": "False" if policy.factory else "True",
        "integer": "7",
        "decimal": "0.5",
        "colon": "zip:iso",
        "comma": "a.example,b.example",
        "email": "a@b.example",
        "text": "abc",
        "off|temporary|permanent": "permanent",
        "defer|drop": "drop",
    }
    value = values[policy.kind]
    api.done(f"api_set_{policy.name}", domain=PLAIN, **{policy.argument: value})
    if not policy.readable:
        assert "there is no call" in api.refused(f"api_get_{policy.name}", domain=PLAIN)
        return
    lines = api.lines(f"api_get_{policy.name}", domain=PLAIN)
    assert lines[-1] == f"{PLAIN} {value}"
    assert lines[0].startswith("WARNING")
    api.done(f"api_set_{policy.name}", domain=PLAIN, **{policy.argument: "default"})
    assert len(api.lines(f"api_get_{policy.name}", domain=PLAIN)) == 1


def test_an_empty_value_counts_as_left_out(api):
    assert "needs the argument 'email'" in api.refused("api_set_contact", domain=PLAIN, email="")


def test_where_blank_is_documented_it_empties(api):
    api.done("api_set_administrator_callout", domain=PLAIN, email="a@b.example")
    api.done("api_set_administrator_callout", domain=PLAIN, email="")
    assert api.lines("api_get_administrator_callout", domain=PLAIN)[-1] == f"{PLAIN} "
    assert "needs the argument 'email'" in api.refused("api_set_administrator_callout", domain=PLAIN)


def test_outgoing_users_may_have_values_of_their_own(api):
    user = {"domain": "nordwind.example", "username": "smtp-nordwind"}
    assert api.lines(f"api_get_{X}", **user) == ["nordwind.example 0.65"]
    api.done(f"api_set_{X}", threshold="0.1", **user)
    assert api.lines(f"api_get_{X}", **user) == [warning("0.65"), "nordwind.example 0.1"]
    assert api.lines(f"api_get_{X}", domain="nordwind.example")[-1] == "nordwind.example 0.65"
    assert "No such outgoing user" in api.refused(f"api_get_{X}", domain=PLAIN, username="nobody")
    assert "username" in api.refused(f"api_get_{X}", domain="default", username="smtp-nordwind")
    assert api.lines(f"api_get_{X}", domain=PLAIN, username="") == [f"{PLAIN} 0.8"]


def test_settings_of_missing_domains(api):
    assert "is missing" in api.refused(f"api_get_{X}", domain="missing.example")
    assert "is missing" in api.refused(f"api_set_{X}", domain="missing.example", threshold="0.1")
    assert "is missing" in api.refused(f"api_get_{X}", domain="nordwind.test")


def test_local_recipient_lists_of_one_domain_and_of_all(api):
    assert api.lines("api_get_use_local_recipient_list", domain=PLAIN) == [f"{PLAIN} False"]
    api.done("api_set_use_local_recipient_list", domain=PLAIN, enabled="true")
    lines = api.lines("api_get_use_local_recipient_list")
    assert f"{PLAIN} True" in lines
    assert lines.count(warning("False")) == 2
    assert len(api.json("api_get_use_local_recipient_list")) == 10


def test_contacts_are_the_second_word(api):
    line = api.lines("api_get_contact", domain="harbourbikes.example")[1]
    assert line.split(" ")[1] == "niamh.doyle@harbourbikes.example"
    assert api.lines("api_get_administrator_contact", domain=PLAIN) == [f"{PLAIN} "]
