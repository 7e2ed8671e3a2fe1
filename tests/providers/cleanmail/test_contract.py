"""The contract holds all that the API's document holds, and nothing else."""

import json
import re

import pytest

from app.providers import registry
from app.providers.cleanmail.client import operations
from tests.providers.cleanmail.exchanges import EXCHANGES
from tests.sandbox.cleanmail import documented

DOCUMENT = documented.operations()
CALLS = operations()
SENT_AS_WHOLE = "body"


def test_it_has_all_93_operations_with_their_method_path_and_section():
    assert len(CALLS) == 93 and set(CALLS) == set(DOCUMENT)
    for name, (method, path, described) in DOCUMENT.items():
        call = CALLS[name]
        assert (call.method, call.path) == (method, path)
        assert call.source == f"Cleanmail REST API manual, {described['x-section']}"
        assert call.group and call.meaning and call.answer


def schema_of(described):
    content = described.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    if "$ref" in schema:
        return documented.DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


@pytest.mark.parametrize("name", DOCUMENT)
def test_its_arguments_are_the_documented_ones(name):
    call, described = CALLS[name], DOCUMENT[name][2]
    places = {(argument.name, argument.where) for argument in call.arguments}
    assert len(places) == len(call.arguments)
    documented_ones = {(p["name"], p["in"]) for p in described["parameters"] if not p.get("x-undocumented")}
    sheets = "application/vnd.ms-excel" in json.dumps(described["responses"])
    assert (("Accept", "header") in places) is sheets
    outside = {both for both in places if both[1] in ("path", "query", "header")}
    assert outside - {("Accept", "header")} == documented_ones
    schema = schema_of(described)
    body = {argument.name for argument in call.arguments if argument.where == "body"}
    if schema.get("type") == "array":
        assert body == {SENT_AS_WHOLE}
    else:
        assert body <= set(schema.get("properties", {}))
        assert set(schema.get("required", [])) - body <= {"id", "domainId"}


@pytest.mark.parametrize("name", DOCUMENT)
def test_slots_are_needed_and_a_partial_body_needs_nothing(name):
    call, described = CALLS[name], DOCUMENT[name][2]
    slots = {argument.name for argument in call.arguments if argument.where == "path"}
    assert slots == set(re.findall(r"\{(\w+)\}", call.path))
    needed = {argument.name for argument in call.arguments if argument.required}
    assert slots <= needed
    if described.get("requestBody", {}).get("x-partial"):
        assert needed == slots


def test_what_changes_something_is_a_write_whatever_its_method():
    reads_by_post = {c.name for c in CALLS.values() if not c.write and c.method != "GET"}
    writes_by_get = {c.name for c in CALLS.values() if c.write and c.method == "GET"}
    assert reads_by_post == {"tryRelayConfiguration"}  # it tests settings and keeps nothing
    assert writes_by_get == {"temporaryAuthTokens"}  # it makes a token


def test_what_makes_something_each_time_is_not_safe_to_repeat():
    for name in ("createDomain", "newUser", "createToken", "sendEmail", "releaseEmail", "updateDomainDkim"):
        assert not CALLS[name].repeat_safe
    assert CALLS["editDomain"].repeat_safe and CALLS["setDomainOption"].repeat_safe
    assert not any(call.repeat_safe for call in CALLS.values() if not call.write)


def test_secrets_are_marked():
    marked = {argument.name for call in CALLS.values() for argument in call.arguments if argument.secret}
    assert marked == {"password", "privateKey", "authData", "apiData", "value", "username"}
    texts = json.dumps([c.model_dump() for c in CALLS.values()])
    assert texts.count('"name": "password"') == sum(
        argument.secret
        for call in CALLS.values()
        for argument in call.arguments
        if argument.name == "password"
    )


def test_protected_rules_and_a_second_factor_are_never_offered():
    """Notes 7 and 16: protected rules are shown, never made; a second factor can only be switched off."""
    choices = {(c.name, a.name): a.choices for c in CALLS.values() for a in c.arguments}
    assert choices["addDomainRule", "body"] == [] and choices["updateDomainRule", "type"] == [
        "ALLOW",
        "BLOCK",
    ]
    assert choices["editUser", "mfaType"] == ["NONE"]


def test_certainty_says_where_an_example_exists():
    assert {call.name for call in CALLS.values() if call.certainty == "example"} == set(EXCHANGES)
    assert registry.contract("cleanmail").document == "Cleanmail REST API manual (v3)"
