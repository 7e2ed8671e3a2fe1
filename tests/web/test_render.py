"""Times, names and messages as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import render_template_string

from app.core.text import literal, msg
from app.web.render import age, formula_safe, initials, local_time
from tests.conftest import SignIn


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "just now"),
        (-9, "just now"),
        (30, "30 sec ago"),
        (120, "2 min ago"),
        (7200, "2 hr ago"),
        (-120, "in 2 min"),
    ],
)
def test_ages(app: Any, seconds: int, text: str) -> None:
    with app.test_request_context("/"):
        assert age(datetime.now(UTC) - timedelta(seconds=seconds)).replace(".", "") == text


def test_no_time_is_no_text(app: Any) -> None:
    with app.test_request_context("/"):
        assert (age(None), local_time(None)) == ("", "")


def test_times_are_in_the_readers_zone(sign_in: SignIn, app: Any) -> None:
    app.add_url_rule("/time", "time", lambda: local_time(datetime(2026, 1, 2, 12, 0, tzinfo=UTC), "short"))
    browser = sign_in("support")
    assert "12:00" in browser.get("/time").text
    browser.send("/account", {"name": "", "language": "", "timezone": "Asia/Tokyo"})
    assert "9:00" in browser.get("/time").text


def test_messages_print_themselves_and_are_escaped(app: Any) -> None:
    with app.test_request_context("/"):
        text = render_template_string(
            "{{ a }} {{ b }} {{ name | unicode_name }}",
            a=msg("Added {name}.", name="<b>x</b>"),
            b=literal("{not} a parameter"),
            name="xn--bcher-kva.example",
        )
    assert text == "Added &lt;b&gt;x&lt;/b&gt;. {not} a parameter bücher.example"


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ann Lee", "AL"),
        ("ann maria lee", "AL"),
        ("ops@example.org", "O"),
        ("ann.lee@example.org", "AL"),
        ("", "?"),
        ("@", "?"),
        ("- -", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert formula_safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["example.org", "", 5, -5, None])
def test_other_cells_stay_as_they_are(cell: Any) -> None:
    assert formula_safe(cell) == cell
