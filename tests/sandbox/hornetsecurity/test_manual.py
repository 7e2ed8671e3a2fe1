"""The API manual's own curl lines, replayed against the sandbox.

The lines are the manual's; only the backslashes and the one closing quote that its conversion lost are put
back, and its placeholders filled in.
"""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import requests

from tests.sandbox.hornetsecurity.conftest import FIRST, Panel

HEADERS = "--header 'app-id: <app id>' --header 'app-version: 1.0.0.0' --header 'cp-token: <cp token>' "
TOKEN = "--header 'authorization: Token <token>' "
JSON = "--header 'content-type: application/json' "
HOST = "https://cp.<domain>.com/api/v0"

LOGIN = (
    f"curl --request POST --url {HOST}/auth/login/ {HEADERS}{JSON}"
    """--data '{"username": "<username>", "password": "<password>"}'"""
)
FORMAT = f"curl --request GET --url '{HOST}/user/format/?object_id=<object id>' {HEADERS}{TOKEN}"
LOGOUT = f"curl --request POST --url {HOST}/auth/logout/ {HEADERS}{TOKEN}"
VERSION = f"curl --request GET --url {HOST}/version/ {HEADERS}{TOKEN}"
OBJECT_ID = (
    f"curl --request POST --url {HOST}/hierarchy/_search/ {HEADERS}{TOKEN}{JSON}"
    """--data '{ "search_string": "<name>", "filter": "customer" }'"""
)
EMAILS = (
    f"curl --request POST --url '{HOST}/emails/_search/?object_id=<object id>' {HEADERS}{TOKEN}{JSON}"
    """--data '{ "limit": 50, "date_from": "2018-06-21T00:00:00Z", "date_to": "2098-07-21T00:00:00Z" }'"""
)
STATISTICS = (
    f"curl --request POST --url '{HOST}/emails/statistics/by_time/?object_id=<object id>' "
    f"{HEADERS}{TOKEN}{JSON}"
    """--data '{ "date_from": "2018-06-21T00:00:00Z", "date_to": "2098-07-21T00:00:00Z" }'"""
)
CUSTOMIZATION = f"curl --request GET --url '{HOST}/whitelabeling/?object_id=<object id>' {HEADERS}{TOKEN}"
SUPPORT = f"curl --request GET --url {HOST}/support/ {HEADERS}{TOKEN}"


class Shell:
    """Runs the manual's lines: fills in the placeholders and sends what curl would send."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self.values = {
            "https://cp.<domain>.com": panel.url,
            "<app id>": panel.credentials["app_id"],
            "<cp token>": panel.credentials["api_token"],
            "<username>": panel.credentials["username"],
            "<password>": panel.credentials["password"],
            "<name>": FIRST,
        }

    def run(self, line: str) -> requests.Response:
        for placeholder, value in self.values.items():
            line = line.replace(placeholder, value)
        words = iter(shlex.split(line)[1:])
        options: list[tuple[str, str]] = list(zip(words, words, strict=True))
        found = dict(options)
        headers = dict(value.split(": ", 1) for option, value in options if option == "--header")
        body = found.get("--data")
        return requests.request(
            found["--request"], found["--url"], headers=headers, data=body and body.encode(), timeout=20
        )


@pytest.fixture
def shell(panel: Panel) -> Shell:
    """A shell that has run the login line and knows the customer's object id."""
    found = Shell(panel)
    found.values["<token>"] = found.run(LOGIN).json()["token"]
    tree = found.run(OBJECT_ID).json()
    found.values["<object id>"] = str(tree[0]["children"][0]["id"])
    return found


def test_login_answers_an_object_id_and_a_token_and_nothing_else(panel: Panel) -> None:
    response = Shell(panel).run(LOGIN)
    assert response.status_code == 200
    answer = response.json()
    assert set(answer) == {"object_id", "token"}
    assert isinstance(answer["object_id"], int)
    assert len(answer["token"]) == 40
    int(answer["token"], 16)


def test_the_authorized_request_of_the_manual(shell: Shell) -> None:
    answer = shell.run(FORMAT).json()
    assert set(answer) == {"format_number", "format_date", "format_time", "timezone"}
    assert answer["format_date"] == {"short": "DD.MM.YY", "medium": "DD.MM.YYYY"}


def test_logout_answers_200_and_kills_the_token(shell: Shell) -> None:
    assert shell.run(FORMAT).status_code == 200
    assert shell.run(LOGOUT).status_code == 200
    assert shell.run(FORMAT).status_code == 401


def test_version_is_plain_text(shell: Shell) -> None:
    response = shell.run(VERSION)
    assert response.text == "6.17.0.0"
    assert response.headers["Content-Type"].startswith("text/plain")


def test_the_object_id_is_inside_a_tree_from_the_root(shell: Shell) -> None:
    tree = shell.run(OBJECT_ID).json()
    assert [set(node) for node in tree] == [{"id", "name", "is_user", "children_count", "children"}]
    customer = tree[0]["children"][0]
    assert set(customer) == {"id", "name", "is_user", "children_count"}
    assert customer["name"] == FIRST
    assert customer["is_user"] is False
    assert tree[0]["children_count"] > len(tree[0]["children"])


def test_emails_come_as_one_mail_object(shell: Shell) -> None:
    mail: dict[str, Any] = shell.run(EMAILS).json()
    assert {
        "source_ip",
        "gateway",
        "comm_partner",
        "classification",
        "owner",
        "encryption",
        "date",
        "subject",
    } <= set(mail)
    assert set(mail["encryption"]) == {"id", "text"}
    assert "crypt_type_in" not in mail
    assert mail["owner"].endswith(f"@{FIRST}")


def test_statistics_are_one_flat_list_with_the_old_names(shell: Shell) -> None:
    rows = shell.run(STATISTICS).json()
    assert [(row["type"], row["name"]) for row in rows] == [
        (2, "clean"),
        (1, "spam"),
        (11, "info"),
        (8, "content"),
        (12, "atp"),
        (5, "virus"),
        (3, "rejected"),
    ]
    assert all(set(row) == {"type", "value", "name"} for row in rows)
    assert rows[0]["value"] > rows[1]["value"] > 0


def test_customization_of_the_partner(shell: Shell) -> None:
    assert shell.run(CUSTOMIZATION).json()["error_id"] == 3301
    shell.values["<object id>"] = "1111111"
    answer = shell.run(CUSTOMIZATION).json()
    assert set(answer) == {"theme", "primary_colour", "favicon", "domain", "logo", "email_sender", "id"}
    assert answer["theme"] == "dark"
    assert answer["primary_colour"] == "#15358B"
    assert answer["favicon"].startswith("data:image/x-icon;base64,")
    assert answer["logo"].startswith("data:image/png;base64,")
    assert answer["email_sender"] == ""
    assert answer["id"] == 542


def test_support_without_object_id_is_the_manuals_error_example(shell: Shell) -> None:
    response = shell.run(SUPPORT)
    assert response.status_code == 400
    assert response.json() == {
        "error_data": {"object_id": ["This field is required."]},
        "error_message": "Validationerror",
        "error_id": 2009,
        "status_code": 400,
    }


def test_a_scope_that_is_not_ours_answers_400(panel: Panel, shell: Shell) -> None:
    shell.values["<token>"] = panel.credentials["limited_token"]
    shell.values["<object id>"] = "1111111"
    response = shell.run(FORMAT)
    assert response.status_code == 400
    assert response.json()["error_id"] == 1003
