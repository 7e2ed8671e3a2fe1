"""A test client that posts forms as a browser would: with the token of the page."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery staple"

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_KEY = re.compile(r'name="request_key"[^>]*value="([^"]+)"')


class Browser(FlaskClient):
    """A client with a session of its own."""

    def token(self, page: str = "/account") -> str:
        """A token from a form on this page, or from the sign-in page it leads to."""
        return token_of(self.get(page, follow_redirects=True).text)

    def send(self, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Posts a form with a valid token."""
        return self.post(url, data={"csrf_token": self.token(), **(data or {})}, **options)

    def sign_in(self, email: str, password: str, **options: Any) -> TestResponse:
        """Posts the sign-in form."""
        data = {"csrf_token": self.token("/login"), "email": email, "password": password}
        return self.post("/login", data=data, **options)


def token_of(html: str) -> str:
    """The token of the first form on a page."""
    found = _TOKEN.search(html)
    assert found, "no form with a token on this page"
    return found.group(1)


def request_key_of(html: str) -> str:
    """The request key of the form on a page."""
    found = _KEY.search(html)
    assert found, "no form with a request key on this page"
    return found.group(1)
