"""Values that somebody enters for an action, checked against its fields."""

import base64

import pytest

from app.core.actor import Right
from app.core.commands import ActOnResource, from_json, parse
from app.core.errors import Invalid
from app.core.model import FieldKind
from app.core.resource_values import checked_values, shown_value
from app.core.resources import Action, Field
from app.core.secret import MASK, Secret
from app.core.text import msg

K = FieldKind
LABEL = msg("It")
PIXEL = {"name": "a.png", "base64": base64.b64encode(b"pixel").decode(), "media_type": "image/png"}


def action(*fields, name="add"):
    return Action(name, LABEL, LABEL, Right.CHANGE_MAILBOXES, "call", fields)


def checked(field, value, name="add"):
    return checked_values(action(field, name=name), {field.name: value})


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        (Field("a", LABEL), "  some   text ", "some   text"),
        (Field("a", LABEL, shape="email"), "Anna@BÜCHER.example", "Anna@xn--bcher-kva.example"),
        (Field("a", LABEL, shape="domain"), "Example.ORG.", "example.org"),
        (Field("a", LABEL, K.NUMBER, least=1, most=10), " 10 ", 10),
        (Field("a", LABEL, K.NUMBER), 3.0, 3),
        (Field("a", LABEL, K.SWITCH), "no", False),
        (Field("a", LABEL, K.CHOICE, choices=(("x", LABEL),)), "x", "x"),
        (Field("a", LABEL, K.SECRET), "pass word", Secret("pass word")),
        (Field("a", LABEL, K.LONG_TEXT), "one\r\ntwo", "one\ntwo"),
        (Field("a", LABEL, K.LINES), "one\n\n one \ntwo", ["one", "two"]),
        (Field("a", LABEL, K.LINES, shape="email"), ["a@b.example"], ["a@b.example"]),
        (Field("a", LABEL, K.HOSTS), "mx.example.org, 192.0.2.1", ["mx.example.org", "192.0.2.1"]),
        (Field("a", LABEL, K.COLOUR), "#ABC", "#aabbcc"),
        (Field("a", LABEL, K.FILE, media_types=("image/*",)), PIXEL, PIXEL),
    ],
)
def test_values_are_taken_in_the_form_of_their_field(field, value, stored):
    assert checked(field, value) == {"a": stored}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (Field("a", LABEL, required=True), "  "),
        (Field("a", LABEL), True),
        (Field("a", LABEL), "a\x07"),
        (Field("a", LABEL, most=3), "four"),
        (Field("a", LABEL, least=3), "no"),
        (Field("a", LABEL, pattern="[a-z]+"), "a1"),
        (Field("a", LABEL, shape="email"), "nobody"),
        (Field("a", LABEL, K.NUMBER), "1.5"),
        (Field("a", LABEL, K.NUMBER), True),
        (Field("a", LABEL, K.NUMBER), "\u0661"),
        (Field("a", LABEL, K.NUMBER, least=1), 0),
        (Field("a", LABEL, K.NUMBER, most=5), 6),
        (Field("a", LABEL, K.SWITCH), "perhaps"),
        (Field("a", LABEL, K.CHOICE, choices=(("x", LABEL),)), "y"),
        (Field("a", LABEL, K.SECRET), MASK),
        (Field("a", LABEL, K.SECRET, least=8), "short"),
        (Field("a", LABEL, K.LINES, pattern="[a-z]+"), ["ok", "1"]),
        (Field("a", LABEL, K.HOSTS), "-bad-"),
        (Field("a", LABEL, K.COLOUR), "red"),
        (Field("a", LABEL, K.FILE, media_types=("image/*",)), {**PIXEL, "media_type": "text/html"}),
        (Field("a", LABEL, K.FILE, most=2), PIXEL),
        (Field("a", LABEL, K.FILE), {**PIXEL, "base64": "no base64"}),
        (Field("a", LABEL, K.FILE), "text"),
    ],
)
def test_values_that_do_not_fit_are_refused_on_their_field(field, value):
    with pytest.raises(Invalid) as caught:
        checked(field, value)
    assert list(caught.value.fields) == ["values.a"]


def test_all_problems_are_told_at_once_and_unknown_fields_too():
    fields = (Field("a", LABEL, required=True), Field("b", LABEL, K.NUMBER))
    with pytest.raises(Invalid) as caught:
        checked_values(action(*fields), {"b": "x", "c": 1})
    assert set(caught.value.fields) == {"values.a", "values.b", "values.c"}


def test_an_edit_takes_what_changes_and_empties_only_what_may_be_empty():
    fields = (Field("a", LABEL, required=True), Field("b", LABEL, empties=True), Field("c", LABEL))
    edit = action(*fields, name="edit")
    assert checked_values(edit, {"b": ""}) == {"b": ""}
    for values in ({"a": ""}, {"c": " "}):
        with pytest.raises(Invalid):
            checked_values(edit, values)
    assert checked_values(action(*fields), {"a": "x", "b": "", "c": ""}) == {"a": "x", "b": ""}


# --- the command ---


def wish(**fields):
    return parse(ActOnResource, {"connection": "prod", "kind": "mailboxes", "action": "add", **fields})


def test_a_wish_with_a_secret_is_masked_for_the_journal_and_marked_for_a_job():
    command = wish(values={"password": Secret("hunter22"), "name": "info"}, key="a/b?c", domain="example.org")
    assert "hunter22" not in str(command.to_json()) and "hunter22" not in repr(command)
    assert command.for_job()["values"]["password"] == {"$secret": "hunter22"}
    assert from_json(command.for_job()) == command
    again = from_json(command.to_json())
    with pytest.raises(Invalid):
        checked_values(action(Field("password", LABEL, K.SECRET)), {"password": again.values["password"]})


@pytest.mark.parametrize(
    "values",
    [{"a": {"b": {"c": 1}}}, {"a": [1]}, {"a": "\x00"}, {"a": ["\ud800"]}, {"a": 2**60}, {"\x07": "x"}],
)
def test_values_that_no_form_sends_are_refused(values):
    with pytest.raises(Invalid):
        wish(values=values)


def test_what_is_shown_of_values():
    assert shown_value(Secret("x")) == MASK
    shown = shown_value(PIXEL)
    assert (shown["file"], shown["bytes"], len(shown["sha256"])) == ("a.png", 5, 64) and "base64" not in shown
