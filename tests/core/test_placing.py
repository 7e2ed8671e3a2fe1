"""Arguments by name, put where they belong: whatever they hold, nothing ends up in another place."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.contract import Argument, Call
from app.core.errors import Invalid
from app.core.placing import place, read_text, text_of
from app.core.secret import Secret

PLACES = ("query", "path", "form", "body")
NAMES = ("alpha", "beta", "gamma", "delta")


def call(*arguments: Argument, path: str = "/things") -> Call:
    return Call(
        name="c", group="g", meaning="m", method="POST", path=path, write=True, arguments=list(arguments)
    )


def one(kind: str, where: str = "body", **more: Any) -> Call:
    return call(Argument(name="x", kind=kind, where=where, **more))


texts = st.text(st.characters(exclude_categories=("Cs",)))
segments = texts.filter(lambda text: text not in ("", ".", ".."))


@given(segments, texts, texts, texts)
def test_every_argument_is_in_its_place_and_nowhere_else(slot: str, query: str, form: str, body: str) -> None:
    arguments = [
        Argument(name=n, where=w) for n, w in zip(NAMES, ("path", "query", "form", "body"), strict=True)
    ]
    placed = place(
        call(*arguments, path="/a/{alpha}/z"), dict(zip(NAMES, (slot, query, form, body), strict=True))
    )
    head, segment, tail = placed.path.removeprefix("/").split("/")
    assert (head, unquote(segment), tail) == ("a", slot, "z")
    assert placed.path.isascii() and not set(placed.path) & set("?#& \n")
    assert (placed.query, placed.form, placed.body) == ({"beta": query}, {"gamma": form}, {"delta": body})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
).filter(lambda value: value is not None)


@given(json_values)
def test_a_whole_body_is_what_was_given(value: Any) -> None:
    assert place(call(Argument(name="*", kind="json", where="body")), {"*": value}).body == value
    assert json.loads(text_of(value) if not isinstance(value, str) else json.dumps(value)) == value


@given(st.sampled_from(PLACES), st.integers())
def test_numbers_may_come_as_texts(where: str, number: int) -> None:
    wanted = (
        one("integer", where)
        if where != "path"
        else call(Argument(name="x", kind="integer", where=where), path="/{x}")
    )
    assert place(wanted, {"x": number}) == place(wanted, {"x": f" {number} "})


@given(texts)
def test_whatever_is_typed_is_a_value_or_invalid(text: str) -> None:
    kinds = (
        "string",
        "integer",
        "number",
        "boolean",
        "choice",
        "json",
        "list",
        "list of integers",
        "object",
        "date-time",
    )
    for kind in kinds:
        argument = Argument(name="x", kind=kind, where="body")
        try:
            value = read_text(argument, text)
            placed = place(call(argument), {"x": value})
        except Invalid as error:
            assert set(error.fields) == {"x"}
        else:
            assert placed.body is None or json.dumps(placed.body, ensure_ascii=False).encode()


@pytest.mark.parametrize("slot", ["", ".", ".."])
def test_a_slot_never_leads_to_another_call(slot: str) -> None:
    with pytest.raises(Invalid):
        place(call(Argument(name="x", where="path"), path="/d/{x}"), {"x": slot})


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\x00", "ä"])
def test_a_header_is_one_line_of_ascii(value: str) -> None:
    with pytest.raises(Invalid, match="ASCII"):
        place(one("string", "header"), {"x": value})


def test_a_flag_is_there_or_not() -> None:
    assert place(one("flag", "header"), {"x": "on"}).headers == {"x": "true"}
    assert place(one("flag", "header"), {"x": "no"}).headers == {}


def test_secrets_are_taken_out_of_their_wrapping() -> None:
    assert place(one("secret"), {"x": Secret("pass word")}).body == {"x": "pass word"}
    typed = read_text(Argument(name="x", kind="json", where="body", secret=True), '{"user": 1}')
    assert place(one("json", secret=True), {"x": typed}).body == {"x": {"user": 1}}
    with pytest.raises(Invalid, match="not JSON"):
        place(one("json", secret=True), {"x": Secret("{broken")})
    typed = read_text(Argument(name="x", secret=True), " kept as typed ")
    assert isinstance(typed, Secret) and typed.reveal() == " kept as typed "


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("list", "one\n two \n\n", ["one", "two"]),
        ("list", '["a,b"]', ["a,b"]),
        ("list of integers", "1\n2", ["1", "2"]),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("string", "  x ", "x"),
        ("string", "  ", None),
    ],
)
def test_what_was_typed(kind: str, text: str, value: Any) -> None:
    assert read_text(Argument(name="x", kind=kind, where="body"), text) == value


def test_a_word_in_the_place_of_json_stays_a_word_outside_a_body() -> None:
    assert read_text(Argument(name="x", kind="json", where="form"), "all") == "all"
    for where, text in (("body", "all"), ("form", "{broken"), ("query", "[1,")):
        with pytest.raises(Invalid, match="not JSON"):
            read_text(Argument(name="x", kind="json", where=where), text)


def test_words_that_may_stand_for_any_value() -> None:
    wanted = one("boolean", "query")
    assert place(wanted, {"x": "default"}, words=("default",)).query == {"x": "default"}
    with pytest.raises(Invalid):
        place(wanted, {"x": "default"})
