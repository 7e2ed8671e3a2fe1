"""What an answer means: statuses, words, values."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Invalid,
    Malformed,
    NotThere,
    OutcomeUnknown,
    Rejected,
    Unreachable,
)
from app.core.model import DomainStatus
from app.net.answer import Answer
from app.providers.cleanmail import inferred
from app.providers.cleanmail.wire import id_of, moment_of, read_answer, read_rows, text_of, total_of
from app.providers.cleanmail.wire_domains import fields_of, options_of, read_record, to_domain

JSON = {"Content-Type": "application/json"}
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def answer(status, body=b"", write=False, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, headers or JSON, data, 1.0, write)


def error(message="no reason"):
    return {"status": 0, "error": "Kind", "message": message, "path": "/domains"}


# --- success or not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success_with_or_without_a_body(status):
    assert read_answer(answer(status)) is None
    assert read_answer(answer(status, b" \n")) is None
    assert read_answer(answer(status, {"a": 1})) == {"a": 1}


@pytest.mark.parametrize("write", [False, True])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, BadCredentials),
        (403, BadCredentials),
        (404, NotThere),
        (406, Rejected),
        (409, AlreadyThere),
        (412, Rejected),
        (415, Rejected),
        (422, Rejected),
    ],
)
def test_a_refusal_is_sorted_by_its_status(status, kind, write):
    with pytest.raises(kind) as caught:
        read_answer(answer(status, error("what it says"), write))
    assert type(caught.value) is kind and caught.value.status == status
    assert status == 401 or "what it says" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "first", "error": "second"}, "first"),
        ({"message": None, "error": "second"}, "second"),
        ({"message": "", "error": "second"}, "second"),
        (b"plain words", "plain words"),
        (b"", "HTTP 400"),
        (b"<html><body>Bad Request</body></html>", "HTTP 400"),
        ({"other": 1}, "HTTP 400"),
        ([], "HTTP 400"),
        (b'{"message": "cut o', '{"message": "cut o'),
    ],
)
def test_the_words_of_a_refusal(body, words):
    with pytest.raises(Rejected) as caught:
        read_answer(answer(400, body))
    assert caught.value.words == words


def test_a_403_names_what_may_be_missing():
    with pytest.raises(BadCredentials, match="no permission for this: “no reason”"):
        read_answer(answer(403, error()), "editDomain")
    with pytest.raises(BadCredentials, match="has not the sysadmin role, or may have no more domains"):
        read_answer(answer(403, error()), "createDomain")
    with pytest.raises(BadCredentials, match="has not the sysadmin role: “no reason”"):
        read_answer(answer(403, error()), "deleteDomain")


@pytest.mark.parametrize("operation", ["editDomain", "deleteDomain"])
def test_a_refusal_because_of_the_mx_says_so(operation):
    with pytest.raises(Rejected) as caught:
        read_answer(answer(422, error("The MX still points here."), write=True), operation)
    text = str(caught.value)
    assert "because of the domain's MX records: “The MX still points here.”" in text and "X-Ignore-MX" in text
    assert str(caught.value.message) == text and caught.value.words == "The MX still points here."
    with pytest.raises(Rejected) as caught:
        read_answer(answer(422, error("Maximum reached."), write=True), operation)
    assert "X-Ignore-MX" not in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"<html>down</html>", error("store"), b"plain"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 507])
def test_a_5xx_is_unreachable_for_a_read_and_unknown_for_a_write(status, body):
    with pytest.raises(Unreachable):
        read_answer(answer(status, body))
    with pytest.raises(OutcomeUnknown, match="Nobody knows"):
        read_answer(answer(status, body, write=True))


def test_a_500_with_words_keeps_them():
    with pytest.raises(Unreachable, match=r"“the mail store is away”\. Try again later"):
        read_answer(answer(500, error("the mail store is away")))


@pytest.mark.parametrize("body", [b"<html>hello</html>", b'[{"id": "x"', b"hello", b"\xff\xfe"])
def test_a_success_that_is_not_json(body):
    with pytest.raises(Malformed):
        read_answer(answer(200, body))
    with pytest.raises(OutcomeUnknown):
        read_answer(answer(201, body, write=True))


def test_a_web_page_hints_at_the_address():
    with pytest.raises(Malformed, match="it ends with /api/v3"):
        read_answer(answer(200, b"<!doctype html><title>Cleanmail</title>"))


@pytest.mark.parametrize("body", [b"", {}, {"id": "x"}, [1], ["x"], [None], "x"])
def test_a_list_is_a_list_of_objects(body):
    with pytest.raises(Malformed):
        read_rows(answer(200, body))
    assert read_rows(answer(200, [])) == []


@pytest.mark.parametrize(
    ("text", "total"),
    [("0", 0), ("12", 12), (" 7 ", 7), ("", None), ("-1", None), ("x", None), ("٣", None), ("9" * 20, None)],
)
def test_the_total(text, total):
    assert total_of(answer(200, [], **{"X-Total-Count": text})) == total
    assert total_of(answer(200, [])) is None


# --- values -----------------------------------------------------------------------------------------------------------

AT = datetime(2026, 3, 25, 16, 52, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1774457541715,
        1774457541000,
        1774457541,
        "1774457541715",
        "2026-03-25T16:52:21.715Z",
        "2026-03-25T17:52:21+01:00",
        "2026-03-25 16:52:21",
    ],
)
def test_a_time_in_every_form_at_the_precision_of_seconds(value):
    assert moment_of({"at": value}, "at") == AT


@given(any_json)
def test_a_time_is_read_or_not_but_never_fails(value):
    found = moment_of({"at": value}, "at")
    assert found is None or (found.tzinfo is UTC and found.microsecond == 0)


@given(st.integers(min_value=10**11, max_value=4 * 10**12))
def test_milliseconds_lose_their_fraction(value):
    assert moment_of({"at": value}, "at").timestamp() == value // 1000


@given(any_json)
def test_a_text_is_one_printable_line(value):
    text = text_of({"key": value}, "key", 50)
    assert len(text) <= 50 and "\n" not in text and text.isprintable()


@pytest.mark.parametrize(
    ("value", "identity"), [("Eygdk", "Eygdk"), (17, "17"), (True, ""), (None, ""), ([], "")]
)
def test_an_id_is_a_text(value, identity):
    assert id_of({"id": value}) == identity


# --- domains ----------------------------------------------------------------------------------------------------------

KEYS = (
    "id",
    "name",
    "status",
    "platforms",
    "domainAliases",
    "customer",
    "creationDate",
    "policy",
    "activeUsersCount",
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(KEYS, any_json)))
def test_any_object_is_a_domain_or_malformed(row):
    try:
        record = read_record(row)
    except Malformed:
        return
    domain = to_domain(record, "prod")
    assert domain.name and domain.ref["id"] and all(isinstance(value, str) for value in domain.extra.values())
    json.dumps([domain.ref, dict(domain.extra), options_of(record)])


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ("transportDest", "transportPort", "transportType", "default", "name", "id", "authType"),
                any_json,
            ),
        ),
        max_size=3,
    )
)
def test_any_platform_is_read(platforms):
    record = read_record({"id": "x", "name": "a.example", "platforms": platforms})
    for route in to_domain(record, "prod").routes or ():
        assert route.host and (route.port is None or 1 <= route.port <= 65535)


def test_missing_and_null_are_the_same_and_unknown_keys_are_ignored():
    bare = read_record({"id": "x", "name": "A.Example"})
    nulls = read_record(
        {"id": "x", "name": "a.example", "status": None, "platforms": None, "domainAliases": None, "new": 1}
    )
    for record in (bare, nulls):
        domain = to_domain(record, "prod")
        assert (domain.name, domain.routes, domain.aliases) == ("a.example", (), None)
        assert domain.status is DomainStatus.ACTIVE and domain.account == "" and domain.mailboxes is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("ENABLED", DomainStatus.ACTIVE),
        ("disabled", DomainStatus.DISABLED),
        ("PENDING", DomainStatus.PENDING),
        ("DELETED", DomainStatus.DELETED),
    ],
)
def test_statuses(status, expected):
    domain = to_domain(read_record({"id": "x", "name": "a.example", "status": status}), "prod")
    assert domain.status is expected and "warnings" not in domain.extra


def test_a_status_that_nobody_documents_is_told():
    domain = to_domain(read_record({"id": "x", "name": "a.example", "status": "FROZEN"}), "prod")
    assert domain.status is DomainStatus.ACTIVE and "“FROZEN”" in domain.extra["warnings"]


def test_international_names_are_punycode():
    aliases = [{"id": "1", "name": "Bücher.example"}, {"id": "2", "name": "xn--bcher-kva.example"}]
    record = read_record({"id": "x", "name": "münchen.example", "domainAliases": aliases})
    assert record.name == "xn--mnchen-3ya.example" and record.alias_names == ("xn--bcher-kva.example",)


def test_a_name_that_we_would_refuse_is_kept():
    assert read_record({"id": "x", "name": "Odd Name!.example"}).name == "odd name!.example"


def test_fields_of_a_new_domain():
    options = {
        "defaultLanguage": "de",
        "quarantine": "off",
        "archive": "True",
        "externalId": " NW-1 ",
        "description": "",
    }
    assert fields_of(options) == {
        "defaultLanguage": "DE",
        "quarantine": False,
        "archive": True,
        "externalId": "NW-1",
    }


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"defaultLanguage": "IT"}, "defaultLanguage"),
        ({"archive": "maybe"}, "archive"),
        ({"colour": "red"}, "colour"),
        ({"status": "DELETED"}, "status"),
    ],
)
def test_fields_that_are_not_possible(options, field):
    with pytest.raises(Invalid) as caught:
        fields_of(options)
    assert list(caught.value.fields) == [f"options.{field}"]


def test_a_switch_is_spelled_as_its_neighbours_are():
    assert inferred.flag_to_wire(True) == "1" and inferred.flag_to_wire(False, "0", None) == "0"
    assert (
        inferred.flag_to_wire(True, "false") == "true" and inferred.flag_to_wire(False, None, True) == "false"
    )
