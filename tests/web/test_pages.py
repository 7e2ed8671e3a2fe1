"""The start page, light or dark, and whether we are well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.core.actor import Role
from tests.browser import Browser
from tests.conftest import SignIn, close_app, make_app, make_config


def test_well(client: Browser) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_without_a_database_nothing_is_claimed_to_be_well(
    tmp_path: Path, empty_database: str, sign_in: SignIn
) -> None:
    cookie = sign_in("admin").get_cookie("gatehouse")
    assert cookie
    dead = "postgresql://nobody:MARKED@127.0.0.1:9/nothing"
    folder = tmp_path / "dead"
    folder.mkdir()
    config = make_config(folder, empty_database, DATABASE_URL=dead)
    config.secret_key = (tmp_path / "secret.key").read_text().strip()
    app = make_app(config)
    browser: Browser = app.test_client()
    answer = browser.get("/healthz")
    assert answer.status_code == 503
    assert "does not answer" in answer.get_json()["reason"]
    browser.set_cookie("gatehouse", cookie.value)
    page = browser.get("/account")
    assert page.status_code == 503
    assert "MARKED" not in page.text + answer.text
    assert browser.get("/nowhere").status_code in (404, 503)
    close_app(app)


@pytest.mark.parametrize("role", list(Role))
def test_everybody_starts_on_a_page_that_is_theirs(sign_in: SignIn, role: Role) -> None:
    assert sign_in(role.value).get("/", follow_redirects=True).status_code == 200


def test_the_choice_of_colours_is_kept(client: Browser) -> None:
    answer = client.send("/theme", {"theme": "dark", "next": "/login"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert 'data-bs-theme="dark"' in client.get("/login").text
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("theme="))
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_no_other_colours_are_kept(client: Browser) -> None:
    answer = client.send("/theme", {"theme": '"><script>'})
    assert not any(c.startswith("theme=") for c in answer.headers.getlist("Set-Cookie"))
    client.set_cookie("theme", "evil")
    assert 'data-bs-theme="auto"' in client.get("/login").text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/\\evil.example", "/\tx", ""])
def test_the_way_back_leads_nowhere_else(client: Browser, back: str) -> None:
    assert client.send("/theme", {"theme": "dark", "next": back}).headers["Location"] == "/"


def test_the_way_back_without_a_field_is_where_the_form_was(client: Browser) -> None:
    headers = {"Referer": "http://localhost/login?next=/people/"}
    assert (
        client.send("/theme", {"theme": "dark"}, headers=headers).headers["Location"]
        == "/login?next=/people/"
    )
    headers = {"Referer": "http://evil.example/login"}
    assert client.send("/theme", {"theme": "dark"}, headers=headers).headers["Location"] == "/"


def test_menu_and_account_of_the_frame(app: Any, sign_in: SignIn) -> None:
    page = sign_in("admin", email="ann.lee@x.example").get("/account").text
    assert "ann.lee@x.example" in page
    assert "Administrator" in page
    assert ">AL<" in page
    assert 'href="/people/"' in page
    assert 'href="/people/"' not in sign_in("support").get("/account").text
