"""Endpoint, tokens, order of checks and the shapes of an error (sheet, sections 2 and 3)."""

from __future__ import annotations

import pytest
import requests

from app.sandbox.spanel.actions import ACTIONS, GUESSED_NAMES, works_on_account
from app.sandbox.spanel.demo import REVOKED_TOKEN
from tests.sandbox.spanel.conftest import ACCOUNT, Client

NO_TOKEN = {"token": "Invalid or missing token"}


def test_only_post_and_only_the_endpoint(sandbox, client):
    for method in ("GET", "PUT", "HEAD", "DELETE"):
        answer = requests.request(method, client.url)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    for path in ("/", "/spanel/", "/api.php", "/hostpanel/api.php", "/spanel/api.php/x"):
        assert requests.post(sandbox.http("spanel") + path, data=client.always).status_code == 404


def test_the_folder_may_be_branded(sandbox, profile, client):
    profile["folder"] = "hostpanel"
    form = {**client.always, "action": "domain/listdomains"}
    assert requests.post(client.url, data=form).status_code == 404
    assert (
        requests.post(f"{sandbox.http('spanel')}/hostpanel/api.php", data=form).json()["result"] == "success"
    )


@pytest.mark.parametrize("token", ["", "nonsense", REVOKED_TOKEN])
def test_a_token_must_be_valid(sandbox, token):
    assert Client(sandbox, token).errors("accounts/listaccounts") == NO_TOKEN


def test_the_token_is_read_from_a_form_body_only(sandbox, client):
    form = {**client.always, "action": "domain/listdomains"}
    headers = {"Authorization": f"Bearer {client.always['token']}"}
    for wrong in ({"json": form}, {"params": form}, {"data": {"action": form["action"]}, "headers": headers}):
        assert requests.post(client.url, **wrong).json() == {"result": "error", "message": NO_TOKEN}
    assert (
        requests.post(client.url, files={name: (None, text) for name, text in form.items()}).json()["result"]
        == "success"
    )


@pytest.mark.parametrize(
    "action", ["", "listaccounts", "accounts/nothing", "server/status", "Accounts/listaccounts", "a/b/c"]
)
def test_an_action_must_exist(admin, action):
    assert admin.errors(action) == {"action": "Unknown action"}


def test_checks_come_in_order(sandbox, client, admin):
    """method, token, action, kind of token, account, required fields, values, object."""
    wrong = Client(sandbox, "nonsense")
    assert requests.get(client.url, params={"token": "nonsense"}).status_code == 405
    assert wrong.errors("no/thing") == NO_TOKEN
    assert client.errors("accounts/nothing") == {"action": "Unknown action"}
    assert client.errors("accounts/wwwacct") == {"action": "Not allowed for this token"}
    assert set(admin.errors("email/createemailaccount", accountuser="nobody")) == {"accountuser"}
    assert set(client.errors("email/createemailaccount", quota="1")) == {"email", "domain", "password"}
    full = {"email": "a", "domain": "nowhere.example", "password": "long-enough"}
    assert set(client.errors("email/createemailaccount", **full, quota="1")) == {"quota"}
    assert set(client.errors("email/createemailaccount", **full, quota="100")) == {"domain"}


@pytest.mark.parametrize("action", sorted(name for name in ACTIONS if works_on_account(name)))
def test_user_functions_need_an_account(sandbox, known, admin, action):
    assert admin.errors(action) == {"accountuser": "The accountuser field is required"}
    assert admin.errors(action, accountuser="nobody") == {"accountuser": "The account nobody does not exist"}
    client = Client(sandbox, known["client_token"])
    assert set(client.errors(action)) == {"accountuser"}
    assert client.errors(action, accountuser="tidewater") == {
        "accountuser": "The account does not belong to this token"
    }


@pytest.mark.parametrize("action", sorted(name for name in ACTIONS if not works_on_account(name)))
def test_admin_functions_need_an_admin_token(client, action):
    assert client.errors(action) == {"action": "Not allowed for this token"}


@pytest.mark.parametrize("action", sorted(name for name, action in ACTIONS.items() if action.required))
def test_each_missing_parameter_is_named(admin, action):
    required = set(ACTIONS[action].required.split())
    assert set(admin.errors(action, accountuser=ACCOUNT)) >= required
    blank = dict.fromkeys(required, "")
    assert set(admin.errors(action, accountuser=ACCOUNT, **blank)) >= required


def test_admin_tokens_work_for_user_functions(admin, client):
    assert admin.data("domain/listdomains", accountuser=ACCOUNT) == client.data("domain/listdomains")


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ("map", {"domain": "The domain field is required", "path": "The path field is required"}),
        ("list", ["The domain field is required", "The path field is required"]),
        ("text", "The domain field is required, The path field is required"),
    ],
)
def test_errors_come_as_map_list_or_text(profile, client, style, message):
    profile["errors"] = style
    assert client.call("domain/adddomain") == {"result": "error", "message": message}


@pytest.mark.parametrize("action", sorted(GUESSED_NAMES))
def test_guessed_names_can_be_switched_off(profile, client, action):
    profile["guessed_names"] = False
    assert client.errors(action) == {"action": "Unknown action"}


def test_api_check(admin):
    assert admin.data("toolbox/apicheck")["msg"]


def test_calls_are_named_after_the_action(sandbox, client):
    client.call("domain/listdomains")
    client.call("")
    requests.get(client.url)
    assert sandbox.calls["spanel"].names() == ["domain/listdomains", "no action", "GET /spanel/api.php"]


def test_faults_find_the_action(sandbox, client):
    faults = f"{sandbox.control_url}/faults/spanel"
    requests.put(faults, json={"fault": "5xx", "calls": "domain/adddomain"}).raise_for_status()
    form = {**client.always, "action": "domain/adddomain", "domain": "got.example", "path": "x"}
    assert requests.post(client.url, data=form).status_code == 503
    assert len(client.data("domain/listdomains")) == 2
