"""Addresses to go back to."""

from __future__ import annotations

from typing import Any

import pytest

from app.web.navigation import keep_query, safe_path, with_query


@pytest.mark.parametrize(
    "url", ["/", "/domains/?q=a%20b&page=2", "/domains/x/b%C3%BCcher.example", "/a//b", "/@evil"]
)
def test_paths_of_ours_are_kept(url: str) -> None:
    assert safe_path(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "domains/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " /x",
        "https://evil.example/",
        "https:/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/x\x00",
        "//[",
    ],
)
def test_everything_else_leads_to_the_start(url: str | None) -> None:
    assert safe_path(url) == "/"
    assert safe_path(url, "/domains/") == "/domains/"


def test_other_values_in_the_query(app: Any) -> None:
    with app.test_request_context("/login?q=a%26b&q=c&page=3&_external=1"):
        assert with_query({"page": None}) == "/login?q=a%26b&q=c&_external=1"
        assert with_query({"page": "4", "sort": "name"}) == "/login?q=a%26b&q=c&_external=1&page=4&sort=name"
        assert with_query({"q": None, "page": None, "_external": None}) == "/login"


def test_the_query_of_a_list_goes_along_and_means_nothing_else(app: Any) -> None:
    with app.test_request_context("/x?_scheme=javascript&_external=1&person_id=y&q=a%26b&q=c"):
        assert keep_query("people.switch", person_id="7") == (
            "/people/7/switch?_scheme=javascript&_external=1&person_id=y&q=a%26b&q=c"
        )
    with app.test_request_context("/x"):
        assert keep_query("people.index") == "/people/"
