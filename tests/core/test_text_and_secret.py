"""Texts as messages, secrets as a type."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from app.core.secret import MASK, Secret
from app.core.text import Message, literal, msg


def test_messages_nest_and_translate() -> None:
    inner = msg("{count} routes", count=2)
    outer = msg("Added {what} with {routes}.", what="example.org", routes=inner)
    assert str(outer) == "Added example.org with 2 routes."
    german = {
        "Added {what} with {routes}.": "{what} mit {routes} angelegt.",
        "{count} routes": "{count} Wegen",
    }
    assert outer.render(lambda text: german.get(text, text)) == "example.org mit 2 Wegen angelegt."


def test_a_missing_parameter_stays_visible() -> None:
    assert str(Message("Hello {name}")) == "Hello {name}"


@given(st.text())
def test_an_upstreams_words_are_never_a_template(words: str) -> None:
    assert str(literal(words)) == words
    assert str(msg("It says {words}", words=words)) == f"It says {words}"


@given(st.text(), st.text())
def test_messages_survive_json(template: str, value: str) -> None:
    message = msg(template, value=value, inner=literal(value))
    assert Message.from_json(json.loads(json.dumps(message.to_json()))) == message
    str(message)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("hunter2")
    model = type("M", (BaseModel,), {"__annotations__": {"token": Secret}})(token="hunter2")
    shown = [str(secret), repr(secret), f"{secret}", repr([secret]), repr(model), model.model_dump_json()]
    assert all("hunter2" not in text for text in shown)
    assert MASK in str(secret)
    assert secret.reveal() == "hunter2"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
