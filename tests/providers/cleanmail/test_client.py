"""Any of the 93 calls, from the contract as data: arguments to request, over a real socket."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.contract import Call
from app.core.errors import BadCredentials, Invalid, NotFound, OutcomeUnknown, Unreachable
from app.providers.cleanmail.arguments import compose
from app.providers.cleanmail.client import operations
from tests.providers.cleanmail.conftest import TOKEN

CALLS = operations()
FILE = {"name": 'a "b".txt', "type": "text/plain", "base64": base64.b64encode(b"one\r\ntwo\xff").decode()}


def plausible(argument):
    """A value of an argument, as good as any: the calls need not succeed."""
    made = {"integer": 1, "number": 1.5, "boolean": True, "flag": True, "json": ["a.example"], "file": FILE}
    if argument.name in ("params", "platforms"):
        return {}
    return made.get(argument.kind, argument.choices[0] if argument.choices else "INBOX")


@pytest.mark.parametrize("name", CALLS)
def test_every_call_reaches_its_operation(cm, sandbox, name):
    arguments = {a.name: plausible(a) for a in CALLS[name].arguments if a.required}
    answer = cm.driver.client.call(name, arguments)
    assert sandbox.calls["cleanmail"].names() == [name]
    assert answer.write is CALLS[name].write
    assert answer.status not in (401, 405, 406, 415)


def test_an_unknown_call(cm):
    with pytest.raises(NotFound, match="no call “dropEverything”"):
        cm.driver.client.call("dropEverything", {})
    assert cm.records == []


@pytest.mark.parametrize(
    ("arguments", "problems"),
    [
        ({}, {"domainId": "This is needed."}),
        ({"domainId": None}, {"domainId": "This is needed."}),
        ({"domainId": "x", "colour": "red"}, {"colour": "There is no such field."}),
        (
            {"domainId": "x", "autoProvisioningOn": "perhaps"},
            {"autoProvisioningOn": "Yes or no is expected here."},
        ),
        ({"domainId": "x", "description": ["a"]}, {"description": "Text is expected here."}),
    ],
)
def test_arguments_that_do_not_fit_are_told_by_name(cm, arguments, problems):
    with pytest.raises(Invalid) as caught:
        cm.driver.client.call("editDomain", arguments)
    assert {name: str(problem) for name, problem in caught.value.fields.items()} == problems
    assert cm.records == []


@pytest.mark.parametrize("slot", ["", ".", ".."])
def test_a_slot_never_leads_to_another_call(cm, slot):
    """`DELETE /domains/x/aliases/..` would delete the domain."""
    with pytest.raises(Invalid, match="aliasId"):
        cm.driver.client.call("deleteDomainAlias", {"domainId": "x", "aliasId": slot})
    assert cm.records == []


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")))
def test_a_slot_stays_one_segment(slot):
    path = compose(CALLS["getFolderContent"], {"userIdOrEmail": "u", "folderPath": slot}).path
    head, segment = path.rsplit("/", 1)
    assert head == "/users/u/emails"
    assert segment.isascii() and not set(segment) & set("/?#& <>")


def test_folders_with_a_slash_and_message_ids_arrive_whole(answering):
    bench, asked = answering(lambda told: (200, [], {}))
    slots = {"userIdOrEmail": "a+b@x.example", "folderPath": "INBOX/Späm", "fugluIdOrMailId": "<1@x.example>"}
    bench.driver.client.call("getEmail", slots)
    assert asked[0].target == "/users/a%2Bb%40x.example/emails/INBOX%2FSp%C3%A4m/%3C1%40x.example%3E"


def test_texts_become_numbers_switches_and_headers(answering):
    bench, asked = answering(lambda told: (204, None, {}))
    bench.driver.client.call(
        "editPolicy", {"policyId": "p", "quarantine": "off", "mailSizeLimit": "21", "spamScore": "5.5"}
    )
    bench.driver.client.call("deleteDomain", {"domainId": "d", "X-Ignore-MX": "true"})
    assert asked[0].body == {"quarantine": False, "mailSizeLimit": 21, "spamScore": 5.5}
    assert asked[1].headers["x-ignore-mx"] == "true" and asked[1].raw_body == b""
    for name, value in (
        ("mailSizeLimit", "many"),
        ("mailSizeLimit", "1.5"),
        ("spamScore", "nan"),
        ("spamScore", True),
    ):
        with pytest.raises(Invalid, match=name):
            bench.driver.client.call("editPolicy", {"policyId": "p", name: value})
    assert len(asked) == 2


def test_half_a_character_is_no_text(cm):
    for arguments in ({"domainId": "\ud800"}, {"domainId": "x", "description": "a\udfffb"}):
        with pytest.raises(Invalid, match="Text is expected"):
            cm.driver.client.call("editDomain", arguments)
    assert cm.records == []


@pytest.mark.parametrize("body", [["\ud800"], [float("nan")], [{1, 2}], [b"x"]])
def test_what_is_no_json_is_not_sent(cm, body):
    with pytest.raises(Invalid, match="cannot be written as JSON"):
        cm.driver.client.call("editDomainAliases", {"domainId": "d", "body": body})
    assert cm.records == []


def test_a_list_is_a_body_of_its_own_even_when_it_is_empty(answering):
    bench, asked = answering(lambda told: (204, None, {}))
    bench.driver.client.call("editDomainAliases", {"domainId": "d", "body": []})
    bench.driver.client.call("sendEmail", {"userIdOrEmail": "u", "body": "<p>", "to": ["a@x.example"]})
    assert asked[0].raw_body == b"[]"
    assert asked[1].body == {"body": "<p>", "to": ["a@x.example"]}


def test_a_file_is_uploaded_and_comes_back(cm):
    uploaded = cm.driver.client.ask("uploadAttachment", {"file": FILE})
    assert (uploaded["name"], uploaded["type"], uploaded["size"]) == ("a _b_.txt", "text/plain", 9)
    answer = cm.driver.client.call(
        "downloadAttachment", {"uid": uploaded["uid"], "filename": uploaded["name"]}
    )
    assert answer.body == b"one\r\ntwo\xff" and answer.content_type == "text/plain"
    assert "(" in cm.records[0].curl and "bytes)" in cm.records[0].curl


@pytest.mark.parametrize("file", ["text", {"name": "x", "base64": "not base 64"}])
def test_a_file_that_is_none(cm, file):
    with pytest.raises(Invalid, match="file"):
        cm.driver.client.call("uploadAttachment", {"file": file})


def test_a_media_type_cannot_smuggle_headers():
    file = {"name": "x\r\nX-Evil: 1", "type": "text/plain\r\nX-Evil: 1", "base64": ""}
    _, body = compose(CALLS["uploadAttachment"], {"file": file}).content
    assert b"\r\nX-Evil" not in body and b"application/octet-stream" in body


def test_every_argument_has_a_place():
    """Every argument of every call shows up in the request."""
    for call in CALLS.values():
        for argument in call.arguments:
            values = {a.name: plausible(a) for a in call.arguments if a.required}
            values[argument.name] = plausible(argument)
            request = compose(call, values)
            places = {
                "path": request.path,
                "query": dict(request.query),
                "header": request.headers,
                "form": {"file"} if request.content else {},
                "body": request.body if isinstance(request.body, dict) else {"body": request.body},
            }
            place = places[argument.where]
            assert ("INBOX" in place) if argument.where == "path" else argument.name in place


def test_reads_are_repeated_and_writes_are_not(cm, fault, calls):
    fault("5xx", count=2)
    assert cm.driver.client.call("listDomains", {"pageSize": 1}).status == 200
    assert calls() == ["listDomains"] * 3
    fault("5xx", "temporaryAuthTokens")  # a GET that makes something
    with pytest.raises(OutcomeUnknown):
        cm.driver.client.ask("temporaryAuthTokens", {"username": "a@nordwind.example"})
    assert calls() == ["temporaryAuthTokens"]


def test_no_secret_is_in_any_record(cm):
    client = cm.driver.client
    client.call("temporaryAuthTokens", {"username": "anke.secret@nordwind.example"})
    client.call("createAdminAccess", {"domainId": "x", "permissions": ["READ"], "password": "pass-word-1"})
    auth = {"bind_user": "cn=mail", "bind_password": "pass-word-2"}
    platform = {"name": "p", "authType": "ldap", "authData": auth, "apiData": {"clientSecret": "pass-word-3"}}
    client.call("editDomain", {"domainId": "x", "platforms": [platform]})
    client.call("setDomainOption", {"domainId": "x", "name": "SMTP_LOGIN", "value": "pass-word-4"})
    client.call("addDkim", {"domainId": "x", "privateKey": "pass-word-5", "selector": "s1"})
    shown = "\n".join(f"{r.url} {r.curl} {r.problem}" for r in cm.records)
    assert len(cm.records) == 5 and "s1" in shown
    for secret in (cm.connection.value("token"), "anke.secret", "pass-word"):
        assert secret not in shown


def test_the_token_never_reaches_an_error(answering):
    bench, _ = answering(
        lambda told: (403, {"message": f"{told.headers['authorization']} is not enough"}, {})
    )
    with pytest.raises(BadCredentials) as caught:
        bench.driver.client.ask("listDomains")
    assert TOKEN not in str(caught.value) and "is not enough" in str(caught.value)


def test_a_token_that_fits_into_no_header(connect):
    with pytest.raises(Unreachable, match="cannot be built"):
        connect("cleanmail", token="tök\nen").driver.client.call("listDomains")


def test_a_name_in_two_places_gets_its_value_in_both():
    request = compose(
        CALLS["newPolicy"], {"domainId": "d", "name": "n", "quarantine": 0, "retention": 0, "incoming": 1}
    )
    assert request.path == "/domains/d/policies" and request.body["domainId"] == "d"
    assert isinstance(CALLS["newPolicy"], Call)
