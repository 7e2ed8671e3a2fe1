"""What templates print: escaped once, translated, and never more than that."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_login import LoginManager
from markupsafe import Markup, escape

from app.core.text import msg
from app.web import language, render


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "of no value"
    LoginManager(app).request_loader(lambda _request: None)
    language.register(app, "UTC")
    render.register(app)
    return app


class Risky:
    def __str__(self) -> str:
        return "<b>&"


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert('x')</script>",
        'a"b',
        Markup("<b>bold</b>"),
        Risky(),
        None,
        7,
        ["<i>"],
        escape("<"),
        True,
    ],
)
def test_a_value_is_printed_as_the_library_would_print_it(app: Flask, value: Any) -> None:
    plain = Flask("plain")
    source = "{{ value }}|{% if value %}{{ value }}{% endif %}{% set kept %}{{ value }}{% endset %}{{ kept }}"
    with plain.test_request_context():
        expected = render_template_string(source + "<p>{{ value|e }}</p>", value=value)
    with app.test_request_context():
        assert render_template_string(source + "<p>{{ value|e }}</p>", value=value) == expected


def test_a_message_is_escaped_after_its_values_are_in_it(app: Flask) -> None:
    with app.test_request_context():
        shown = render_template_string("{{ it }}", it=msg("Added {name}.", name="<b>"))
    assert shown == "Added &lt;b&gt;."


def test_values_of_a_text_are_escaped_and_the_text_itself_is_not(app: Flask) -> None:
    with app.test_request_context():
        shown = render_template_string("{{ _('%(who)s &amp; co', who=who) }} {{ _('100 %%') }}", who="<i>")
    assert shown == "&lt;i&gt; &amp; co 100 %"


def test_a_macro_is_not_escaped_twice(app: Flask) -> None:
    with app.test_request_context():
        shown = render_template_string(
            "{% macro m(x) %}<b>{{ x }}</b>{% endmacro %}{{ m('<') }}{{ missing }}"
        )
    assert shown == "<b>&lt;</b>"
