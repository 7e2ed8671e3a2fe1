"""What every part of the REST API shares: tokens and their limit, how requests are read, errors, keys and reports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Response
from werkzeug.test import TestResponse

from app.core.actor import system_actor
from app.core.errors import Invalid, Rejected
from app.core.plan import Outcome, Report, State, Step, Tone, Verb
from app.core.ports import ChangeQuery
from app.core.text import msg
from app.web.api import request_key, written
from tests.browser import Browser
from tests.conftest import close_app, make_app, make_config
from tests.web.bearer import Caller, new_token

JSON = "application/json"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Any]:
    """One application for all tests that send no bad token; it has no connections."""
    application = make_app(make_config(tmp_path_factory.mktemp("api"), empty_database))
    yield application
    close_app(application)


@pytest.fixture(scope="module")
def token(app: Any) -> str:
    return new_token(app, "admin")


@pytest.fixture
def call(app: Any, token: str) -> Caller:
    return Caller(app, token)


@pytest.fixture
def own_app(tmp_path: Path, empty_database: str) -> Iterator[Any]:
    """An application that has counted nothing yet."""
    application = make_app(make_config(tmp_path, empty_database))
    yield application
    close_app(application)


def problem(answer: TestResponse, status: int) -> dict[str, Any]:
    """The error, after a look at its shape."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    data: dict[str, Any] = answer.json  # type: ignore[assignment]
    assert data["status"] == status
    assert data["changed"] == "Nothing was changed."
    return data


# --- tokens ---


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNzd29yZA==",
        "Digest username=x",
        "{token}",
        "Token {token}",
        "Bearer {token} {token}",
        'Bearer realm="x", token="{token}"',
        "Bearer \xff\xfe",
    ],
)
def test_what_is_no_bearer_token_is_answered_with_401(app: Any, token: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.replace("{token}", token)}
    answer = Caller(app, "", "192.0.2.1")("GET", "/jobs", headers)
    assert problem(answer, 401)["title"] == "A token is needed"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_read_in_any_case(app: Any, token: str, scheme: str) -> None:
    answer = Caller(app, "")("GET", "/jobs", {"Authorization": f"{scheme} {token}"})
    assert answer.status_code == 200


def test_a_token_counts_in_its_header_alone(app: Any, token: str) -> None:
    nobody = Caller(app, "")
    assert nobody("GET", f"/jobs?token={token}&auth_token={token}&access_token={token}").status_code == 401
    assert nobody("GET", "/jobs", {"Authentication-Token": token, "X-Token": token}).status_code == 401
    assert nobody("GET", "/jobs", {"Cookie": f"gatehouse={token}"}).status_code == 401
    assert nobody("POST", "/domains", json={"access_token": token}).status_code == 401


def test_a_token_opens_no_page(app: Any, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    for page in ("/domains/", "/account", "/api/docs"):
        assert app.test_client().get(page, headers=headers).headers["Location"].startswith("/login")


def test_a_call_sets_no_cookie(call: Caller) -> None:
    assert "Set-Cookie" not in call("GET", "/jobs").headers


def test_no_answer_is_kept_by_anybody(call: Caller) -> None:
    assert call("GET", "/jobs").headers["Cache-Control"] == "no-store"
    assert call("GET", "/nothing").headers["Cache-Control"] == "no-store"


# --- guessing ---


def guess(app: Any, times: int, address: str = "192.0.2.1") -> list[int]:
    caller = Caller(app, "gh_" + "x" * 43, address)
    return [caller("GET", "/jobs").status_code for _ in range(times)]


def test_whoever_guesses_tokens_has_to_wait(own_app: Any) -> None:
    assert guess(own_app, 32) == [401] * 30 + [429] * 2
    answer = Caller(own_app, "gh_" + "y" * 43, "192.0.2.1")("POST", "/domains/refresh", json={})
    assert problem(answer, 429)["title"] == "Too many tries"
    assert int(answer.headers["Retry-After"]) == 60


def test_a_guess_that_would_be_right_waits_too(own_app: Any) -> None:
    token = new_token(own_app)
    guess(own_app, 30)
    assert Caller(own_app, token, "192.0.2.1")("GET", "/jobs").status_code == 429
    assert Caller(own_app, token, "192.0.2.2")("GET", "/jobs").status_code == 200


def test_calls_count_only_with_a_token_that_is_not_valid(own_app: Any) -> None:
    token = new_token(own_app, "support")
    good, nobody = Caller(own_app, token, "192.0.2.1"), Caller(own_app, "", "192.0.2.1")
    for _ in range(35):
        assert good("GET", "/jobs").status_code == 200
        assert good("GET", "/connections").status_code == 403
        assert nobody("GET", "/jobs").status_code == 401
    answer = good("GET", "/jobs")
    assert not {"Retry-After", "X-RateLimit-Limit"} & set(answer.headers.keys())


def test_pages_and_the_document_stay_open_to_whoever_guesses(own_app: Any) -> None:
    guess(own_app, 31)
    client = own_app.test_client()
    for page in ("/login", "/api/v1/openapi.json"):
        assert client.get(page, environ_overrides={"REMOTE_ADDR": "192.0.2.1"}).status_code == 200


def test_guesses_are_counted_here_while_redis_does_not_answer(tmp_path: Path, empty_database: str) -> None:
    app = make_app(make_config(tmp_path, empty_database, REDIS_URL="redis://127.0.0.1:1/0"))
    assert guess(app, 31) == [401] * 30 + [429]
    assert Caller(app, new_token(app))("GET", "/jobs").status_code == 200
    close_app(app)


# --- requests ---


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'connection': 'x'}",
        b'{"connection": "\xff"}',
        b"connection=x&domain=example.org",
        b"<xml/>",
        b'{"connection": NaN}',
        b'{"connection": Infinity}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 5000,
        b'{"connection": "a"} {}',
    ],
)
def test_a_body_that_is_no_json_is_answered_with_400(call: Caller, body: bytes) -> None:
    answer = call("POST", "/domains", data=body, content_type=JSON)
    assert problem(answer, 400)["detail"] == "The request, or the JSON in it, is not well formed."


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "\xff",
    ],
)
def test_a_body_of_another_kind_is_answered_with_415(call: Caller, content_type: str | None) -> None:
    answer = call("POST", "/domains", data=b'{"connection": "x"}', content_type=content_type)
    assert "Content-Type: application/json" in problem(answer, 415)["detail"]


@pytest.mark.parametrize("content_type", [JSON, f"{JSON}; charset=utf-8", "application/merge-patch+json"])
def test_json_may_be_named_in_several_ways(call: Caller, content_type: str) -> None:
    assert call("POST", "/domains", data=b"{}", content_type=content_type).status_code == 422


def test_a_body_that_is_too_large_is_answered_with_413(call: Caller) -> None:
    answer = call("POST", "/domains", data=b" " * (16 * 1024 * 1024 + 1), content_type=JSON)
    assert problem(answer, 413)["detail"] == "The body is larger than this server accepts."


def test_rights_are_looked_at_before_the_body(app: Any) -> None:
    auditor = Caller(app, new_token(app, "auditor"))
    for sent in ({"data": b"{"}, {"json": {}}, {"data": b"{", "content_type": JSON}):
        assert auditor("POST", "/domains", **sent).status_code == 403  # type: ignore[arg-type]


@pytest.mark.parametrize("body", ["[]", "1", '"text"', "true", "null", "[{}]"])
def test_a_body_that_is_no_object_is_not_valid(call: Caller, body: str) -> None:
    for path in ("/domains", "/domains/refresh"):  # the second needs no field
        found = problem(call("POST", path, data=body, content_type=JSON), 422)
        assert found["fields"] == {"": "An object with named fields is expected here."}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"connection": "This is needed.", "domain": "This is needed."}),
        ({"domain": 7}, {"domain": "Text is expected here."}),
        ({"ports": 7}, {"ports": "There is no such field."}),
        ({"routes": {}}, {"routes": "A list is expected here."}),
        ({"routes": [{}, {"host": "a", "port": 0}]}, {"routes.1.port": "At least 1 is needed."}),
        ({"routes": [{"host": "a", "port": 65536}]}, {"routes.0.port": "More than 65535 is not accepted."}),
        ({"routes": [{"host": "a", "port": 2**63}]}, {"routes.0.port": "More than 65535 is not accepted."}),
        ({"routes": [{"host": "a", "port": "25"}]}, {"routes.0.port": "A whole number is expected here."}),
        ({"routes": [{"host": "a", "port": True}]}, {"routes.0.port": "A whole number is expected here."}),
        ({"routes": [{"host": "a", "prot": 26}]}, {"routes.0.prot": "There is no such field."}),
        ({"routes": [{"host": "a", "transport": "pigeon"}]}, {"routes.0.transport": "Choose one of "}),
        ({"aliases": ["a.example", None]}, {"aliases.1": "Text is expected here."}),
        ({"options": {"x": 1}}, {"options.x": "Text is expected here."}),
        ({"options": []}, {"options": "An object with named fields is expected here."}),
        ({"domain": "\ud800.example"}, {"domain": "This contains "}),
        ({"domain": "a\x00.example"}, {"domain": "This contains "}),
        ({"connection": "a\x00"}, {"connection": "This contains "}),
        ({"connection": "x" * 1_000_000}, {"connection": "More than 64 characters are not accepted."}),
    ],
)
def test_problems_are_named_by_the_path_of_their_field(
    call: Caller, body: dict[str, Any], fields: dict[str, str]
) -> None:
    whole = {"connection": "x", "domain": "example.org"} if body else {}
    found = problem(call("POST", "/domains", json={**whole, **body}), 422)["fields"]
    assert {path: found.get(path, "")[: len(text)] for path, text in fields.items()} == fields


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=0", "page"),
        ("page=99999999999999999999", "page"),
        ("size=501", "size"),
        ("size=x", "size"),
        ("size=", "size"),
        ("size=%FF", "size"),
        ("sort=colour", "sort"),
        ("status=lost", "status"),
        ("q=" + "x" * 254, "q"),
        ("colour=red", "colour"),
        ("Page=1", "Page"),
    ],
)
def test_a_query_is_held_to_its_names_and_limits(call: Caller, query: str, field: str) -> None:
    assert list(problem(call("GET", f"/domains?{query}"), 422)["fields"]) == [field]


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%ED%A0%80", "q=💥", "q=%25_", "q='\"", "page=2147483647&size=500"]
)
def test_odd_words_in_a_query_find_nothing(call: Caller, query: str) -> None:
    assert call("GET", f"/domains?{query}").json["items"] == []  # type: ignore[index]


# --- addresses ---


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/", "", "/domains/", "/jobs/-1", "/jobs/1e3", "/jobs/2147483648", "/jobs/x", "/jobs/%00"],
)
def test_an_unknown_address_is_answered_with_404(app: Any, call: Caller, path: str) -> None:
    for caller in (call, Caller(app, "")):
        assert problem(caller("GET", path), 404)["detail"] == "There is nothing under this address."


def test_another_method_is_answered_with_405(call: Caller) -> None:
    answer = call("PATCH", "/domains")
    problem(answer, 405)
    assert {"GET", "POST"} <= set(re.split(", ?", answer.headers["Allow"]))


def test_pages_keep_their_own_errors(client: Browser) -> None:
    for answer, status in (
        (client.get("/nothing"), 404),
        (client.post("/healthz", data={"csrf_token": client.token("/login")}), 405),
        (client.post("/login", data={}), 400),
    ):
        assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert "There is no such page." in client.get("/nothing").text


@pytest.fixture
def client(app: Any) -> Browser:
    return app.test_client()  # type: ignore[no-any-return]


# --- keys ---


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 201, "ä", "a\tb", "\x7f"])
def test_a_key_that_cannot_be_one_is_refused(app: Any, call: Caller, key: str) -> None:
    answer = call("DELETE", "/domains/x/example.org", {"Idempotency-Key": key})
    assert list(problem(answer, 422)["fields"]) == ["Idempotency-Key"]
    assert app.extensions["gatehouse"].journal.page(system_actor(), ChangeQuery()) == []


@pytest.mark.parametrize("key", ["a", "a" * 200, "8e03978e-40d5-43e8-bc93-6894a57f9324", '"quoted"', "~!"])
def test_a_key_of_the_caller_stays_apart_from_those_of_forms(app: Any, key: str) -> None:
    with app.test_request_context(headers={"Idempotency-Key": key}):
        assert request_key() == f"api-{key}"


def test_without_a_key_every_call_is_a_new_wish(app: Any) -> None:
    with app.test_request_context():
        assert re.fullmatch("[0-9a-f]{32}", request_key())
        assert request_key() != request_key()


def test_a_key_ends_where_its_header_does(app: Any) -> None:
    with app.test_request_context(environ_overrides={"HTTP_IDEMPOTENCY_KEY": "a\n"}), pytest.raises(Invalid):
        request_key()


# --- reading and sending back ---


def test_a_connection_can_be_sent_back_as_it_was_read(app: Any, call: Caller) -> None:
    sent = {
        "kind": "spamexperts",
        "name": "Filter",
        "base_url": "http://127.0.0.1:9",
        "values": {"username": "ann", "password": "quite-secret"},
        "parallel": 3,
        "body_cap": 1024 * 1024,
        "resolvers": ["127.0.0.1:53"],
    }
    read = call("POST", "/connections", json=sent).json
    assert read is not None
    assert {name: read[name] for name in sent if name != "values"} == {
        n: sent[n] for n in sent if n != "values"
    }
    assert (read["values"], read["secrets_set"]) == ({"username": "ann"}, ["password"])
    fields = call("GET", "/openapi.json").json["components"]["schemas"]["ConnectionIn"]["properties"]  # type: ignore[index]
    back = {name: read[name] for name in fields}
    changed = call("PUT", "/connections/filter", json={**back, "name": "Renamed"})
    assert (changed.status_code, changed.json["name"]) == (200, "Renamed")  # type: ignore[index]
    differing = {name for name in read if read[name] != changed.json[name]}  # type: ignore[index]
    assert differing == {"name", "version"}
    stale = problem(call("PUT", "/connections/filter", json=back), 409)
    assert stale["title"] == "Not as it was"
    assert "quite-secret" not in changed.text


# --- reports ---


def outcome(state: State, **more: Any) -> Outcome:
    return Outcome(Step(verb=Verb.ALIAS_ADD, subject="a.example", domain="example.org"), state, 7, **more)


def answer_to(app: Any, reports: list[Report], outcomes: list[Outcome], status: int = 200) -> Response:
    with app.test_request_context():
        return written(reports, outcomes, status)


@pytest.mark.parametrize("status", [200, 201])
def test_a_write_is_answered_with_its_steps(app: Any, status: int) -> None:
    done = outcome(State.DONE, warnings=("careful",))
    answer = answer_to(app, [Report(msg("First.")), Report(msg("Added {n}.", n=1))], [done], status)
    assert answer.status_code == status
    assert json.loads(answer.data) == {
        "text": "Added 1.",
        "tone": "ok",
        "steps": [
            {
                "change": 7,
                "verb": "alias.add",
                "subject": "a.example",
                "state": "done",
                "problem": None,
                "warnings": ["careful"],
            }
        ],
    }


@pytest.mark.parametrize("state", [state for state in State if state is not State.DONE])
def test_a_write_that_was_done_in_part_is_answered_with_207(app: Any, state: State) -> None:
    refused = outcome(state, problem=Rejected("no room").message)
    report = Report(msg("Half of it."), Tone.PARTIAL)
    answer = answer_to(app, [report], [outcome(State.DONE), refused], 201)
    data = json.loads(answer.data)
    assert answer.status_code == 207
    assert (data["tone"], [step["state"] for step in data["steps"]]) == ("partial", ["done", state.value])
    assert data["steps"][1]["problem"] == "The upstream refused: “no room”"


def test_a_write_without_a_word_or_step_is_done(app: Any) -> None:
    answer = answer_to(app, [], [])
    assert (answer.status_code, json.loads(answer.data)) == (
        200,
        {"text": "Done.", "tone": "ok", "steps": []},
    )
