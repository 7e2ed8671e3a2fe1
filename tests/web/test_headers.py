"""Safety headers on every kind of answer, cookie flags, and how long things are kept."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser import Browser
from tests.conftest import SignIn, add_person, browser_of, close_app, make_app, make_config

POLICY = {
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}


@pytest.mark.parametrize(
    "address", ["/login", "/nowhere", "/", "/healthz", "/metrics", "/static/gatehouse.css"]
)
def test_every_answer_carries_the_safety_headers(client: Browser, address: str) -> None:
    headers = client.get(address).headers
    directives = set(headers["Content-Security-Policy"].split("; "))
    assert directives >= POLICY
    (scripts,) = directives - POLICY
    assert re.fullmatch(r"script-src 'self' 'nonce-[\w-]{22}'", scripts)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_a_nonce_is_used_once(client: Browser) -> None:
    policies = {client.get("/login").headers["Content-Security-Policy"] for _ in range(3)}
    assert len(policies) == 3


def test_cookies_on_plain_http(app: Any) -> None:
    browser: Browser = app.test_client()
    (cookie,) = browser.sign_in(add_person(app, "support"), "correct horse battery staple").headers.getlist(
        "Set-Cookie"
    )
    flags = set(cookie.split("; ")[1:])
    assert flags == {"HttpOnly", "Path=/", "SameSite=Lax"}


def test_cookies_and_hsts_over_https(tmp_path: Path, empty_database: str) -> None:
    app = make_app(make_config(tmp_path, empty_database, HTTPS="yes", TRUSTED_PROXIES="1"))
    answer = app.test_client().get("/login", headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Secure" in answer.headers["Set-Cookie"]
    close_app(app)


def test_pages_with_data_are_not_kept(sign_in: SignIn) -> None:
    assert sign_in("support").get("/account").headers["Cache-Control"] == "no-store"


def test_static_files_are_kept_until_they_change(client: Browser) -> None:
    page = client.get("/login").text
    found = re.search(r'href="(/static/gatehouse\.css\?v=[0-9a-f]{12})"', page)
    assert found
    kept = client.get(found.group(1))
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in kept.headers
    assert "Cookie" not in kept.headers.get("Vary", "")
    assert "immutable" not in client.get("/static/gatehouse.css").headers.get("Cache-Control", "")
    assert "immutable" not in client.get("/static/nothing.css?v=1").headers.get("Cache-Control", "")


def test_pages_hold_nothing_that_the_policy_forbids(app: Any) -> None:
    browser = browser_of(app, add_person(app, "admin"))
    for address in ("/login", "/account", "/people/", "/people/new", "/change", "/tf-setup", "/nowhere"):
        page = browser.get(address, follow_redirects=True).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page), address
        for script in re.findall(r"<script([^>]*)>", page):
            assert "src=" in script, address
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page), address


def test_answers_are_compressed(client: Browser) -> None:
    assert client.get("/login", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
