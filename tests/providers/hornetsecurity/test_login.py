"""Who signs in, with what, how often; and what travels where."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from app.core.deadline import deadline_in
from app.core.errors import BadCredentials, OutcomeUnknown, Unreachable
from app.providers.hornetsecurity.control_panel import ControlPanel
from app.providers.hornetsecurity.login import Login
from app.providers.hornetsecurity.wire import Locked, NoPermission, read_answer
from app.sandbox.server import Sandbox
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import FIND, FIRST, NEW, Connect, applied, site, wish
from tests.providers.hornetsecurity.panels import headers_of, panel

LOGIN = "POST /auth/login/"
USER = {"username": "it@nordwind.example", "password": "hornet-demo-2026", "app_id": "7824315218"}


def kill_sessions(sandbox: Sandbox) -> None:
    """Every login token handed out so far dies."""
    sandbox.upstreams["hornetsecurity"].profile["token_epoch"] += 1


# --- what is used ---


def test_an_api_token_needs_no_sign_in(bench: Bench) -> None:
    bench.driver.probe()
    assert LOGIN not in bench.called()


def test_an_api_token_is_preferred(connect: Connect, sandbox: Sandbox) -> None:
    token = sandbox.upstreams["hornetsecurity"].credentials()["api_token"]
    bench = connect(**USER, api_token=token)
    assert bench.driver.read_domain(FIRST).name == FIRST
    assert LOGIN not in bench.called()


def test_user_name_and_password_sign_in_once(signed_in: Bench) -> None:
    signed_in.driver.read_domain(FIRST)
    signed_in.driver.read_domain(FIRST)
    assert signed_in.called().count(LOGIN) == 1


def test_nobody(connect: Connect) -> None:
    bench = connect(username="")
    with pytest.raises(BadCredentials, match="neither an API token nor a user name"):
        bench.driver.read_domain(FIRST)
    assert bench.called() == []


def test_a_wrong_api_token(connect: Connect) -> None:
    bench = connect(api_token="0" * 40)
    with pytest.raises(BadCredentials, match="expired or been revoked"):
        bench.driver.read_domain(FIRST)
    assert bench.called() == ["GET /object/"]


def test_a_missing_app_id(connect: Connect) -> None:
    bench = connect(**{**USER, "app_id": ""})
    with pytest.raises(BadCredentials, match="App-ID is needed"):
        bench.driver.read_domain(FIRST)


# --- what travels where ---


def test_user_name_and_password_are_in_the_body_of_the_sign_in_and_nowhere_else() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == LOGIN:
            return 200, {"object_id": 1, "token": "b332ec9e19b8"}
        return 200, {"hierarchy": []}

    secret = "MARKED-pässword"
    with panel(answers, username="it@nordwind.example", password=secret, app_id="7824315218") as (
        bench,
        server,
    ):
        assert list(bench.driver.list_domains()) == []
        sign_in, call = server.requests
    head, _, body = sign_in.partition(b"\r\n\r\n")
    assert json.loads(body) == {"username": "it@nordwind.example", "password": secret}
    assert b"nordwind" not in head and "authorization" not in headers_of(sign_in)
    assert b"nordwind" not in call and secret.encode() not in call
    assert headers_of(call)["authorization"] == "Token b332ec9e19b8"
    assert headers_of(call)["app-id"] == "7824315218"
    assert {"app-version", "cp-token"}.isdisjoint(headers_of(call))


def test_the_old_headers_go_out_where_an_app_version_is_set() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return (200, {"object_id": 1, "token": "b332ec9e19b8"}) if call == LOGIN else (200, {"hierarchy": []})

    values = {"app_version": "1.0.0", "api_token": "m31nCpT0k3n", **USER}
    with panel(answers, **values) as (bench, server):
        assert list(bench.driver.list_domains()) == []
        for request in server.requests:
            headers = headers_of(request)
            assert headers["app-id"] == "7824315218"
            assert headers["app-version"] == "1.0.0"
            assert headers["cp-token"] == "m31nCpT0k3n"
        assert headers_of(server.requests[1])["authorization"] == "Token b332ec9e19b8"


def test_secrets_are_not_in_the_record_of_calls(connect: Connect, sandbox: Sandbox) -> None:
    demo = sandbox.upstreams["hornetsecurity"].credentials()
    bench = connect(old=True)
    applied(bench, wish("aliases.add", aliases=[NEW]))
    shown = json.dumps([record.to_json() for record in bench.records])
    for name in ("password", "api_token"):
        assert demo[name] not in shown
    tokens = site(sandbox).table("login_tokens")
    assert tokens and not any(token in shown for token in tokens)


# --- a session that dies ---


def test_a_dead_session_is_renewed_for_a_read(signed_in: Bench, sandbox: Sandbox) -> None:
    signed_in.driver.read_domain(FIRST)
    kill_sessions(sandbox)
    signed_in.records.clear()
    assert signed_in.driver.read_domain(FIRST).name == FIRST
    assert signed_in.called()[:3] == ["GET /object/", LOGIN, "GET /object/"]


def test_a_dead_session_is_renewed_for_a_write_which_is_done_once(signed_in: Bench, sandbox: Sandbox) -> None:
    [step] = signed_in.driver.plan(wish("aliases.add", aliases=[NEW]))
    kill_sessions(sandbox)
    signed_in.records.clear()
    signed_in.driver.apply(step)
    assert signed_in.called() == ["PUT /domains/", LOGIN, "PUT /domains/"]
    assert [record.status for record in signed_in.records] == [401, 200, 201]
    assert NEW in signed_in.driver.read_domain(FIRST).aliases


def test_a_dead_session_is_renewed_in_the_middle_of_the_list_once_for_all(
    signed_in: Bench, sandbox: Sandbox
) -> None:
    sandbox.seed(450, ["hornetsecurity"])
    batches = signed_in.driver.list_domains()
    first = next(batches)
    kill_sessions(sandbox)
    assert len(first) + sum(len(batch) for batch in batches) == 450
    assert signed_in.called().count(LOGIN) == 2


def test_a_session_that_dies_at_once_is_not_renewed_for_ever() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return (200, {"object_id": 1, "token": "b332ec9e19b8"}) if call == LOGIN else (401, None)

    with panel(answers, **USER) as (bench, _):
        with pytest.raises(BadCredentials):
            bench.driver.read_domain(FIRST)
        assert bench.called() == [LOGIN, "GET /object/", LOGIN, "GET /object/"]


def test_an_old_panel_says_403_to_a_dead_session() -> None:
    tokens = iter(["first", "second"])

    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == LOGIN:
            return 200, {"object_id": 1, "token": next(tokens)}
        seen.append(call)
        return (403, {"error_message": "Invalid token."}) if len(seen) == 1 else (200, {"hierarchy": []})

    seen: list[str] = []
    with panel(answers, app_version="1.0.0", api_token="m31nCpT0k3n", **USER) as (bench, server):
        assert list(bench.driver.list_domains()) == []
        assert headers_of(server.requests[-1])["authorization"] == "Token second"


def test_an_old_panel_that_names_a_reason_is_not_asked_again() -> None:
    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == LOGIN:
            return 200, {"object_id": 1, "token": "b332ec9e19b8"}
        return 403, {"error_id": 1003, "error_message": "Permission denied."}

    with panel(answers, app_version="1.0.0", api_token="m31nCpT0k3n", **USER) as (bench, _):
        with pytest.raises(NoPermission):
            list(bench.driver.list_domains())
        assert bench.called() == [LOGIN, "GET /hierarchy/"]


def test_many_threads_sign_in_once(signed_in: Bench) -> None:
    threads = [threading.Thread(target=signed_in.driver.read_domain, args=(FIRST,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert signed_in.called().count(LOGIN) == 1


# --- a sign-in that fails ---


def test_a_wrong_password_is_not_tried_again_at_once(connect: Connect, sandbox: Sandbox) -> None:
    bench = connect(**{**USER, "password": "wrong-password"})
    for _ in range(8):
        with pytest.raises(BadCredentials, match="does not accept user name and password"):
            bench.driver.read_domain(FIRST)
    assert bench.called() == [LOGIN]


def test_it_is_tried_again_after_a_while(sandbox: Sandbox, connect: Connect) -> None:
    now = [1000.0]
    bench = connect(**{**USER, "password": "wrong-password"})
    login = Login(bench.connection, bench.http, clock=lambda: now[0])
    for seconds in (0, 59, 2):
        now[0] += seconds
        with pytest.raises(BadCredentials):
            login.token()
    assert bench.called() == [LOGIN, LOGIN]


def test_a_locked_sign_in_is_left_alone_as_long_as_it_says(connect: Connect) -> None:
    now = [1000.0]
    logins: list[Login] = []
    for _ in range(6):  # each as if another process tried
        bench = connect(**{**USER, "password": "wrong-password"})
        logins.append(Login(bench.connection, bench.http, clock=lambda: now[0]))
        with pytest.raises(BadCredentials) as caught:
            logins[-1].token()
    assert isinstance(caught.value, Locked) and 1 <= caught.value.seconds <= 60
    now[0] += caught.value.seconds - 0.5
    with pytest.raises(BadCredentials, match="locked"):
        logins[-1].token()
    assert bench.called() == [LOGIN]


def test_a_sign_in_that_is_refused_for_another_reason(connect: Connect) -> None:
    bench = connect(**{**USER, "password": ""})
    with pytest.raises(BadCredentials, match="refuses the sign-in: “Validation error"):
        bench.driver.read_domain(FIRST)


def test_nothing_is_sent_when_signing_in_breaks_before_a_write() -> None:
    """An answer that makes no sense is no unknown outcome: the write never went out."""
    broken: list[bool] = []

    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == LOGIN:
            return (
                (200, "<html>Sign in</html>") if broken else (200, {"object_id": 1, "token": "b332ec9e19b8"})
            )
        if call == "PUT /domains/":
            broken.append(True)
            return 401, None
        if call == "GET /object/":
            return 200, {"object_id": 7, "name": FIRST, "type": "customer"}
        return 200, {"domains": [{"id": 1, "domain": FIRST, "type": "primary", "verified": True}]}

    with panel(answers, **USER) as (bench, _):
        [step] = bench.driver.plan(wish("aliases.add", aliases=[NEW]))
        with pytest.raises(Unreachable, match=r"web page.*Nothing was changed"):
            bench.driver.apply(step)
        assert bench.called() == [LOGIN, *FIND, "PUT /domains/", LOGIN]


def test_a_write_whose_second_try_breaks_is_unknown() -> None:
    tries: list[str] = []

    def answers(call: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if call == LOGIN:
            return 200, {"object_id": 1, "token": "b332ec9e19b8"}
        tries.append(call)
        return (401, None) if len(tries) == 1 else (503, None)

    with panel(answers, **USER) as (bench, _):
        control_panel = ControlPanel(bench.connection, bench.http)
        answer = control_panel.write("PUT /domains/", query={"object_id": 1}, body={"domains": [NEW]})
        assert answer.status == 503 and len(tries) == 2
        with pytest.raises(OutcomeUnknown):
            read_answer(answer)


def test_signing_in_ends_with_the_deadline_of_the_page(signed_in: Bench) -> None:
    login = signed_in.driver._panel.login
    with login._lock, deadline_in(0.05), pytest.raises(Unreachable, match="takes too long"):
        login.token()
