"""Clean text, problems on their fields, and request keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from wtforms import FieldList, FormField, PasswordField, StringField, TextAreaField

from app.core.errors import Invalid, OutcomeUnknown, Rejected
from app.core.text import msg
from app.web.errors import show_problem
from app.web.forms import BaseForm, RequestKeyField, RowForm, apply_problems

KEY = "0123456789abcdef0123456789abcdef"
PROBLEM = msg("Not {what}.", what="good")


class Row(RowForm):
    host = StringField("Host")
    port = StringField("Port")


class Form(BaseForm):
    domain = StringField("Domain")
    note = TextAreaField("Note")
    secret = PasswordField("Secret")
    aliases = TextAreaField("Aliases")
    routes = FieldList(FormField(Row))
    request_key = RequestKeyField()


@pytest.fixture
def posted(app: Any) -> Iterator[Any]:
    """Makes a form from what a browser would post; the token is not looked at."""
    app.config["WTF_CSRF_ENABLED"] = False
    contexts = []

    def make(**data: str) -> Form:
        context = app.test_request_context("/x", method="POST", data=data)
        context.push()
        contexts.append(context)
        return Form()

    yield make
    for context in reversed(contexts):
        context.pop()


def test_text_is_trimmed_and_passwords_are_not(posted: Any) -> None:
    form = posted(domain="  example.org \t", note=" a\r\nb\t ", secret="  spaces ")
    assert form.validate()
    assert (form.domain.data, form.note.data, form.secret.data) == ("example.org", "a\r\nb", "  spaces ")


@pytest.mark.parametrize("name", ["domain", "note", "routes-0-host"])
@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\x7fb"])
def test_control_characters_are_refused_at_their_field(posted: Any, name: str, text: str) -> None:
    form = posted(**{name: text})
    assert not form.validate()
    assert "control character" in str(form.errors)


def test_line_breaks_belong_into_text_areas_only(posted: Any) -> None:
    assert not posted(domain="a\nb").validate()


def test_problems_land_on_their_fields(posted: Any) -> None:
    form = posted(domain="x", **{"routes-0-host": "a", "routes-1-host": "b", "routes-1-port": "0"})
    apply_problems(
        form,
        Invalid(
            {
                "domain": PROBLEM,
                "routes.1.port": PROBLEM,
                "routes": PROBLEM,
                "aliases.3": PROBLEM,
                "routes.0": PROBLEM,
                "options.account": PROBLEM,
                "": PROBLEM,
                "routes.7.host": PROBLEM,
            }
        ),
    )
    assert form.domain.errors == ["Not good."]
    assert form.routes[1].form.port.errors == ["Not good."]
    assert form.routes[0].form.host.errors == ["Not good."]
    assert form.aliases.errors == ["Not good."]
    assert list(form.routes.errors)[-2:] == ["Not good.", "Not good."]
    assert [str(text) for text in form.errors_above] == ["Not good.", "Not good."]


def test_rows_that_were_left_out_do_not_shift_problems(posted: Any) -> None:
    form = posted(**{"routes-0-host": "", "routes-1-host": "bad"})
    filled = [row for row in form.routes if row.data["host"]]
    apply_problems(form, Invalid({"routes.0.host": PROBLEM}), rows={"routes": filled})
    assert form.routes[1].form.host.errors == ["Not good."]
    assert not form.routes[0].form.host.errors


def test_a_problem_in_a_row_is_a_problem_of_the_form(posted: Any) -> None:
    form = posted(**{"routes-0-host": "mail.example.net", "routes-0-port": "99999"})
    assert not form.errors
    apply_problems(form, Invalid({"routes.0.port": PROBLEM, "routes": msg("Too many.")}))
    assert form.errors == {"routes": [{"port": ["Not good."]}, "Too many."]}


def test_names_of_the_command_can_be_turned_into_those_of_the_form(posted: Any) -> None:
    form = posted(domain="x")
    apply_problems(form, Invalid({"values.domain": PROBLEM}), names=lambda path: path.removeprefix("values."))
    assert form.domain.errors == ["Not good."]


def test_a_page_drawn_anew_gets_a_key_of_its_own(app: Any) -> None:
    keys = set()
    for _ in range(3):
        with app.test_request_context("/x"):
            keys.add(Form().request_key.data)
    assert len(keys) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", key) for key in keys)


def test_a_posted_key_is_kept_and_nonsense_is_not(posted: Any) -> None:
    assert posted(request_key=KEY).request_key.data == KEY
    for nonsense in ("", "x", KEY + "0", KEY.upper(), "<script>", KEY + "\n"):
        assert re.fullmatch("[0-9a-f]{32}", posted(request_key=nonsense).request_key.data)


def test_after_a_refusal_the_next_try_is_a_new_wish(posted: Any) -> None:
    form = posted(request_key=KEY)
    assert show_problem(form, Rejected("no")) == 409
    assert form.request_key.data != KEY
    assert KEY not in str(form.request_key())
    assert [str(text) for text in form.errors_above] == ["The upstream refused: “no”"]
    form = posted(request_key=KEY)
    apply_problems(form, Invalid({"domain": PROBLEM}))
    assert form.request_key.data != KEY


def test_while_the_outcome_is_unknown_the_key_stays(posted: Any) -> None:
    form = posted(request_key=KEY)
    assert show_problem(form, OutcomeUnknown(PROBLEM)) == 502
    assert form.request_key.data == KEY
    assert KEY in str(form.request_key())
