"""The frame and the building blocks of pages, drawn with made-up values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, flash, render_template, render_template_string
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    validators,
)

from tests.web.frame_app import make_app

Draw = Callable[..., str]


@pytest.fixture
def app() -> Flask:
    return make_app()


@pytest.fixture
def draw(app: Flask) -> Draw:
    """Draws an expression of the macros, blank runs joined."""

    def drawn(expression: str, **values: Any) -> str:
        with app.test_request_context(
            "/x", method=values.pop("method", "GET"), data=values.pop("data", None)
        ):
            values = {name: value() if callable(value) else value for name, value in values.items()}
            text = render_template_string('{% import "_macros.html" as ui %}' + expression, **values)
        return re.sub(r"\s+", " ", text).strip()

    return drawn


@pytest.fixture
def page(app: Flask) -> Draw:
    """Draws a whole page with changes to the frame, blank runs joined."""

    def drawn(source: str = '{% extends "base.html" %}', **changes: Any) -> str:
        app.config["PAGES"]["page"] = source
        app.config["FRAME"] = changes
        return re.sub(r"\s+", " ", app.test_client().get("/page").text)

    return drawn


# ----------------------------------------------------------------------------------------------------- the frame


def test_the_title_heads_the_page_and_names_the_window(page: Draw) -> None:
    text = page('{% extends "base.html" %}{% block title %}a <b>{% endblock %}')
    assert "<title>a <b> · Gatehouse</title>" in text
    assert '<h1 class="page-title">a <b></h1>' in text


def test_the_navigation_shows_badges_and_how_the_connections_are(page: Draw) -> None:
    text = page()
    assert '<span class="gh-count gh-count-red">7</span>' in text
    assert "4 connections up" in text
    assert "1 slow · Hornetsecurity" in text
    assert "down" not in re.search(r'<ul class="gh-connections".*?</ul>', text).group(0)


def test_the_worst_connection_is_named_with_those_that_are_down(page: Draw) -> None:
    text = page(connections=SimpleNamespace(up=0, slow=1, down=2, unknown=3, worst="SPanel"))
    for part in ("1 slow<", "2 down · SPanel", "3 not tested yet"):
        assert part in text


def test_nobody_signed_in_sees_no_navigation(page: Draw) -> None:
    text = page(user=None)
    assert "<nav" not in text
    assert 'role="search"' not in text
    assert '<main class="gh-content" id="content"' in text


def test_every_request_of_htmx_carries_the_token(page: Draw) -> None:
    assert re.search(r"""hx-headers='\{"X-CSRFToken": "[\w.-]{40,}"\}'""", page())


@pytest.mark.parametrize("theme", ["light", "dark", "auto"])
def test_the_choice_of_colours_reaches_the_page(page: Draw, theme: str) -> None:
    text = page(theme=theme)
    assert f'data-bs-theme="{theme}"' in text
    assert f'name="theme" value="{theme}" aria-current="true"' in text
    assert text.count('<form method="post" action="/theme">') == 2


def test_switched_off_certificate_checks_stay_in_sight(page: Draw) -> None:
    assert "TLS certificates are not checked on: A, B." in page(insecure_connections=["A", "B"])
    assert "gh-strip" not in page()


def test_a_search_is_shown_again_escaped(page: Draw) -> None:
    assert 'value="&#34;&gt;&lt;script&gt;"' in page(search_query='"><script>')


# --------------------------------------------------------------------------------------------------- flashed results


def flashed(app: Flask, item: Any, category: str) -> str:
    with app.test_request_context("/"):
        flash(item, category)
        return re.sub(r"\s+", " ", render_template("_flash.html"))


@pytest.mark.parametrize(
    ("category", "kind", "role"),
    [
        ("ok", "ok", "status"),
        ("success", "ok", "status"),
        ("partial", "partial", "status"),
        ("warning", "partial", "status"),
        ("problem", "problem", "alert"),
        ("error", "problem", "alert"),
        ("message", "info", "status"),
    ],
)
def test_a_flash_has_the_look_and_the_role_of_its_category(
    app: Flask, category: str, kind: str, role: str
) -> None:
    text = flashed(app, "Done <now>.", category)
    assert f'<div class="gh-flash gh-flash-{kind}" role="{role}">' in text
    assert "Done &lt;now&gt;." in text


def test_the_next_steps_of_a_flash_are_links_and_buttons(app: Flask) -> None:
    links = [
        {"label": "Undo", "post": "/undo", "fields": {"id": "7"}},
        {"label": "Check health", "url": "/health"},
    ]
    text = flashed(app, {"text": "Added got.com.", "links": links}, "ok")
    assert '<form class="gh-inline" method="post" action="/undo">' in text
    assert '<input type="hidden" name="id" value="7">' in text
    assert 'name="csrf_token"' in text
    assert '<a class="gh-link" href="/health">Check health</a>' in text


# ------------------------------------------------------------------------------------------------------------- forms


class Hop(FlaskForm):
    class Meta:
        csrf = False

    host = StringField("Host", [validators.DataRequired()])


class AddForm(FlaskForm):
    class Meta:
        csrf = False

    name = StringField("Name", [validators.DataRequired()], description="Without www.")
    kind = RadioField("Kind", choices=[SelectChoice("a", "A"), SelectChoice("b", "B")], default="a")
    where = SelectField("Where", choices=[SelectChoice("1", "One")])
    on = BooleanField("On")
    hops = FieldList(FormField(Hop), "Hops", min_entries=2)


def refused() -> AddForm:
    form = AddForm()
    assert not form.validate()
    return form


def test_an_error_stands_on_its_field_and_is_read_with_it(draw: Draw) -> None:
    text = draw("{{ ui.field(form.name) }}", form=refused, method="POST", data={"name": ""})
    assert 'aria-describedby="name-error name-help"' in text
    assert 'aria-invalid="true"' in text
    assert (
        '<div class="invalid-feedback d-block" id="name-error"><div>This field is required.</div></div>'
        in text
    )
    assert '<div class="form-hint" id="name-help">Without www.</div>' in text


def test_the_errors_above_a_form_lead_to_the_fields(draw: Draw) -> None:
    text = draw("{{ ui.form_errors(form) }}", form=refused, method="POST", data={"name": "", "where": "1"})
    assert '<a href="#name">Name</a>: This field is required.' in text
    assert 'role="alert"' in text


def test_errors_of_inner_fields_lead_to_their_list_once(draw: Draw) -> None:
    data = {"name": "a", "where": "1", "hops-0-host": "", "hops-1-host": ""}
    text = draw("{{ ui.form_errors(form) }}", form=refused, method="POST", data=data)
    assert text.count("<li>") == 1
    assert '<a href="#hops">Hops</a></li>' in text


def test_a_form_without_errors_says_nothing_above(draw: Draw) -> None:
    assert draw("{{ ui.form_errors(form) }}", form=AddForm) == ""
    assert "The upstream refused." in draw(
        "{{ ui.form_errors(form, 'The upstream refused.') }}", form=AddForm
    )


@pytest.mark.parametrize("field", ["name", "where", "on", "kind"])
def test_what_a_connection_cannot_do_is_disabled_with_the_reason(draw: Draw, field: str) -> None:
    text = draw(
        "{{ ui.field(form[name], gap='OLSPanel offers no call for this.') }}", form=AddForm, name=field
    )
    assert re.search(r"<(input|select|fieldset)[^>]*\sdisabled", text)
    assert f'id="{field}-gap"' in text
    assert "OLSPanel offers no call for this." in text


def test_radio_buttons_are_a_group_with_a_legend(draw: Draw) -> None:
    text = draw("{{ ui.field(form.kind) }}", form=AddForm)
    assert re.search(r"<fieldset[^>]*> <legend class=\"form-label\">Kind</legend>", text)
    assert text.count('type="radio"') == 2
    assert text.count('class="form-check-label"') == 2


def test_rows_can_be_added_moved_and_removed_without_script(draw: Draw) -> None:
    text = draw(
        "{% call(row) ui.rows(form.hops, 'Routes', 'Add a route') %}{{ ui.field(row.form.host) }}{% endcall %}",
        form=AddForm,
    )
    assert 'name="hops-1-host"' in text
    for name, value in (("add_row", "hops"), ("remove_row", "hops-1"), ("move_row", "hops-1")):
        assert re.search(rf'<button type="submit"[^>]*name="{name}" value="{value}" formnovalidate', text)


def test_controls_without_a_form_class_keep_the_same_promises(draw: Draw) -> None:
    text = draw("{{ ui.input('n', 'Name', '\"x', errors=['Too long'], help='h', gap='g') }}")
    assert 'value="&#34;x"' in text
    assert 'aria-describedby="n-error n-help n-gap" aria-invalid="true" disabled=""' in text
    assert '<option value="2" selected>two</option>' in draw(
        "{{ ui.select('n', 'N', [(1, 'one'), (2, 'two')], '2') }}"
    )


# ------------------------------------------------------------------------------------------------------------- lists


def pager(number: int, pages: int, total: int = 1377, **more: Any) -> SimpleNamespace:
    return SimpleNamespace(
        number=number, pages=pages, first=1, last=50, total=total, url=lambda n: f"?page={n}", **more
    )


def page_numbers(text: str) -> list[str]:
    return re.findall(r'aria-label="Page (\d+)"', text)


@pytest.mark.parametrize(
    ("number", "pages", "shown"),
    [
        (1, 2, ["1", "2"]),
        (1, 28, ["1", "2", "3", "28"]),
        (14, 28, ["1", "12", "13", "14", "15", "16", "28"]),
        (28, 28, ["1", "26", "27", "28"]),
    ],
)
def test_the_pager_shows_the_ends_and_the_neighbours(
    draw: Draw, number: int, pages: int, shown: list[str]
) -> None:
    text = draw("{{ ui.pager(page) }}", page=pager(number, pages))
    assert page_numbers(text) == shown
    assert re.findall(r'aria-current="page" aria-label="Page (\d+)"', text) == [str(number)]
    assert "1–50 of 1,377" in text


def test_one_page_needs_no_pager_and_no_rows_are_said(draw: Draw) -> None:
    assert "<nav" not in draw("{{ ui.pager(page) }}", page=pager(1, 1))
    assert "Nothing to show" in draw("{{ ui.pager(page) }}", page=pager(1, 1, 0))


def test_a_list_that_was_not_counted_to_its_end_has_no_last_page(draw: Draw) -> None:
    text = draw("{{ ui.pager(page) }}", page=pager(2, 41, 2000, total_capped=True))
    assert "of 2,000+" in text
    assert page_numbers(text) == ["1", "2", "3", "4"]


def test_only_the_sorted_column_says_so(draw: Draw) -> None:
    sort = SimpleNamespace(key="name", descending=True, url=lambda key: f"?sort={key}")
    assert 'aria-sort="descending"' in draw("{{ ui.sort_header('Name', 'name', sort) }}", sort=sort)
    assert "aria-sort" not in draw("{{ ui.sort_header('Size', 'size', sort) }}", sort=sort)


def test_a_menu_entry_that_cannot_be_used_says_why_and_leads_nowhere(draw: Draw) -> None:
    text = draw(
        "{{ ui.menu('m1', 'Actions', [{'label': 'Move', 'url': '/move', 'reason': 'No call for it.'}]) }}"
    )
    assert "No call for it." in text
    assert "/move" not in text


# ------------------------------------------------------------------------------------------------------ small things


@pytest.mark.parametrize("value", ["pass", "warn", "fail", "unknown"])
def test_a_verdict_is_never_colour_alone(draw: Draw, value: str) -> None:
    assert re.search(rf'gh-verdict-{value}".*[A-Z][a-z]+', draw("{{ ui.verdict(v) }}", v=value))
    assert re.search(r'visually-hidden">[A-Z][a-z]+<', draw("{{ ui.verdict_dot(v) }}", v=value))


def test_an_age_carries_the_exact_time(draw: Draw) -> None:
    text = draw("{{ ui.age(when) }}", when=datetime(2026, 11, 21, 10, 41, tzinfo=UTC))
    assert 'datetime="2026-11-21T10:41:00+00:00"' in text
    assert re.search(r'title="[^"]*November 21, 2026[^"]*10:41:00[^"]*UTC"', text)
    assert "never" in draw("{{ ui.age(none, 'never') }}")


def test_values_of_an_upstream_are_escaped_everywhere(draw: Draw) -> None:
    evil = '"><script>alert(1)</script>'
    blocks = [
        "ui.badge(e, 'red', e)",
        "ui.pill(e)",
        "ui.verdict('fail', e)",
        "ui.state(e)",
        "ui.source(e)",
        "ui.copyable(e, e)",
        "ui.copyable(e, e, multiline=True)",
        "ui.note_line(e)",
        "ui.key_values([(e, e), {'label': e, 'value': e, 'help': e}])",
        "ui.flow([{'label': e, 'value': e, 'detail': e, 'badge': e, 'url': e}], e)",
        "ui.step_list([{'title': e, 'text': e}])",
        "ui.chart('c', e, [e], [{'label': e, 'values': [1]}])",
        "ui.empty_state('x', e, e, {'label': e, 'url': e})",
        "ui.gap(e)",
        "ui.gap_button('g', e, e)",
        "ui.tabs([{'label': e, 'url': e, 'count': e}, {'label': e, 'reason': e}], e)",
        "ui.calls_table([{'method': e, 'path': e, 'status': e, 'ms': 1, 'curl': e, 'purpose': e, 'at': none}])",
        "ui.select_row(e, e, 'f')",
        "ui.filter_search('q', e, e)",
        "ui.filter_select('q', e, [(e, e)], e)",
        "ui.post_button(e, e, {e: e}, title=e)",
        "ui.breadcrumbs([(e, e)])",
        "ui.stat(e, e, e, e)",
        "ui.usage(e, 1, 2, e)",
        "ui.danger_item(e, e, e, e)",
    ]
    for block in blocks:
        text = draw("{{ " + block + " }}", e=evil)
        assert "alert(1)" in text, block
        assert "<script" not in text, block


def test_the_calls_behind_a_page_are_listed(draw: Draw) -> None:
    calls = [
        {
            "method": "GET",
            "path": "/a",
            "status": 200,
            "ms": 31.4,
            "curl": "curl a",
            "purpose": "",
            "at": None,
        },
        {"method": "GET", "path": "/b", "status": None, "ms": None, "curl": "", "purpose": "", "at": None},
    ]
    text = draw("{{ ui.calls_table(calls) }}", calls=calls)
    assert "2 calls, slowest 31 ms" in text
    assert "no answer" in text
    assert 'data-copy="curl a"' in text
    assert draw("{{ ui.calls_table([]) }}") == ""


# ------------------------------------------------------------------------------------------------------- whole pages


def test_an_error_page_says_what_happened_what_changed_and_what_to_do(app: Flask) -> None:
    values = {"code": 502, "title": "No answer", "text": "It broke.", "changed": "Nothing was changed."}
    with app.test_request_context("/"):
        text = render_template("errors/error.html", **values, advice="Try again.", request_id="r-1")
    for part in ("<h1", "502", "No answer", "It broke.", "Nothing was changed.", "Try again.", "r-1"):
        assert part in text


def test_an_error_page_can_be_drawn_without_a_frame(app: Flask) -> None:
    with app.test_request_context("/"):
        template = app.jinja_env.get_template("errors/error.html")
        text = template.render(code=500, title="Broken", request=app.test_request_context("/").request)
    assert "Broken" in text
    assert "<nav" not in text
