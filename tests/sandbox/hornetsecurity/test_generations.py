"""Every call that must answer first, in both generations, and the rules that hold for all calls."""

from __future__ import annotations

from typing import Any

import pytest

from app.sandbox.hornetsecurity import calls
from tests.sandbox.hornetsecurity.conftest import ALWAYS, FIRST, OLD_HEADERS, PARTNER, Panel, refused

SCOPED = "object_id"
MUST_ANSWER: list[tuple[str, str, Any, tuple[str, ...]]] = [
    ("GET", "/version/", None, ()),
    ("GET", "/user/", None, ()),
    ("GET", "/object/", None, (SCOPED,)),
    ("GET", "/hierarchy/", None, ()),
    ("POST", "/hierarchy/_search/", {"search_string": FIRST}, ()),
    ("GET", "/domains/", None, (SCOPED,)),
    ("POST", "/emails/_search/", ALWAYS, (SCOPED,)),
    ("POST", "/emails/statistics/by_type/", ALWAYS, (SCOPED,)),
    ("POST", "/emails/statistics/by_time/", ALWAYS, (SCOPED,)),
    ("GET", "/emails/black_white_list/", None, (SCOPED, "type")),
    ("POST", "/mailboxes/", {}, (SCOPED,)),
    ("POST", "/environments/", {}, (SCOPED,)),
    ("GET", "/mx_records/", None, (SCOPED,)),
    ("GET", "/email_authentication/dns_check/", None, (SCOPED,)),
    ("GET", "/filtering/subscription/", None, (SCOPED,)),
    ("GET", "/filtering/environment/432/", None, ()),
    ("GET", "/filtering/emailhandling/432/", None, ()),
    ("GET", "/whitelabeling/infos/", None, ()),
    ("GET", "/user/format/", None, (SCOPED,)),
    ("GET", "/auth/access_token/", None, ()),
    ("POST", "/auditing/_search/", ALWAYS, (SCOPED,)),
]
NEED_A_SCOPE = [row for row in MUST_ANSWER if SCOPED in row[3] and row[1] not in ("/object/", "/mailboxes/")]


def ids(row: tuple[str, str, Any, tuple[str, ...]]) -> str:
    return f"{row[0]} {row[1]}"


@pytest.mark.parametrize("manual", [False, True], ids=["current", "manual"])
@pytest.mark.parametrize("call", MUST_ANSWER, ids=ids)
def test_it_answers(
    panel: Panel, first: int, call: tuple[str, str, Any, tuple[str, ...]], manual: bool
) -> None:
    method, path, body, keys = call
    query = {key: value for key, value in {SCOPED: first, "type": 1}.items() if key in keys}
    response = panel.call(method, path, body, manual=manual, **query)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith(
        "text/plain" if manual and path == "/version/" else "application/json"
    )


@pytest.mark.parametrize("manual", [False, True], ids=["current", "manual"])
@pytest.mark.parametrize("call", NEED_A_SCOPE, ids=ids)
def test_its_scope_is_needed_known_and_ours(
    panel: Panel, call: tuple[str, str, Any, tuple[str, ...]], manual: bool
) -> None:
    method, path, body, _ = call
    missing = refused(panel.call(method, path, body, manual=manual, type=1), 400, 2009)
    assert missing["error_data"] == {"object_id": ["This field is required."]}
    assert missing["error_message"] == ("Validationerror" if manual else "Validation error.")
    refused(panel.call(method, path, body, manual=manual, type=1, object_id=77), 400, 3080)
    limited = panel.credentials["limited_token"]
    outside = panel.call(method, path, body, manual=manual, token=limited, type=1, object_id=PARTNER)
    refused(outside, 400 if manual else 403, 1003)


@pytest.mark.parametrize("call", MUST_ANSWER, ids=ids)
def test_it_needs_a_token_unless_it_is_open(
    panel: Panel, call: tuple[str, str, Any, tuple[str, ...]]
) -> None:
    method, path, body, _ = call
    response = panel.call(method, path, body, token="")
    if path in ("/version/", "/whitelabeling/infos/"):
        assert response.status_code == 200
    else:
        refused(response, 401, 1002)


def test_a_path_without_its_last_slash_is_unknown_and_not_redirected(panel: Panel) -> None:
    for method, path in (
        ("GET", "/user"),
        ("POST", "/emails/_search"),
        ("GET", "/domains"),
        ("PUT", "/mailboxes"),
    ):
        refused(panel.call(method, path, {}), 404, 404)


def test_the_one_path_without_a_slash(panel: Panel, first: int) -> None:
    forward = panel.mailbox(f"team@{FIRST}")
    export = panel.call("POST", "/mailboxes/forward/_export", {"mailbox_id": forward["id"]}, object_id=first)
    assert export.status_code == 200
    assert export.headers["Content-Type"].startswith("text/csv")
    refused(panel.call("POST", "/mailboxes/forward/_export/", {}, object_id=first), 404, 404)


def test_unknown_paths_and_methods_answer_in_the_envelope(panel: Panel) -> None:
    refused(panel.call("GET", "/deny_list/"), 404, 404)
    refused(panel.call("DELETE", "/version/"), 405, 405)
    refused(panel.call("GET", "/domains//"), 404, 404)


def test_unknown_keys_are_tolerated(panel: Panel, first: int) -> None:
    assert panel.get("/hierarchy/", limit=1, offset=0)["hierarchy"][0]["id"] == PARTNER
    found = panel.post("/emails/_search/", {**ALWAYS, "limit": 1, "cluster_id": 0}, object_id=first)
    assert len(found["emails"]) == 1


def test_a_body_that_is_no_json_object_is_refused(panel: Panel, first: int) -> None:
    for data in (b"{", b"[]", b'"text"', b""):
        response = panel.call("POST", "/emails/_search/", data=data, object_id=first)
        refused(response, 400, 2009)


def test_forms_are_read_by_the_two_searches_only(panel: Panel, first: int) -> None:
    form = {**ALWAYS, "limit": "3", "offset": "0"}
    found = panel.call("POST", "/emails/_search/", data=form, object_id=first)
    assert len(found.json()["emails"]) == 3
    assert panel.call("POST", "/auditing/_search/", data=form, object_id=first).status_code == 200
    refused(panel.call("POST", "/emails/statistics/by_type/", data=form, object_id=first), 400, 2009)


def test_the_two_generations_share_one_state(panel: Panel) -> None:
    panel.call("PUT", "/support/", {"telephone": "1", "email": None}, object_id=panel.object_id(FIRST))
    old = panel.call("GET", "/support/", manual=True, object_id=panel.object_id(FIRST)).json()
    assert (old["telephone"], old["email"]) == ("1", None)


def test_too_many_requests_answer_429_in_the_envelope(panel: Panel) -> None:
    panel.profile["requests_per_second"] = 2
    answers = [panel.call("GET", "/version/") for _ in range(8)]
    late = next(answer for answer in answers if answer.status_code == 429)
    refused(late, 429, 429)
    assert late.headers["Retry-After"] == "1"


def test_the_page_with_all_calls(panel: Panel) -> None:
    for path in ("/api/v0/docs/", "/api/docs/"):
        response = panel._session.get(panel.url + path, headers=OLD_HEADERS, timeout=20)
        assert response.headers["Content-Type"].startswith("text/html")
        assert all(name in response.text for name in calls.names())


def test_call_names_carry_the_documented_path(sandbox: Any, panel: Panel, first: int) -> None:
    panel.get("/filtering/environment/432/")
    panel.post("/emails/_search/", ALWAYS, object_id=first)
    panel.call("GET", "/nothing/")
    assert sandbox.calls["hornetsecurity"].names()[-3:] == [
        "GET /filtering/environment/{domain_id}/",
        "POST /emails/_search/",
        "GET /nothing/",
    ]
