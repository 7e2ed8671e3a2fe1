"""Whatever an upstream answers can be shown, and passed on as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.core.calls import CallAnswer
from app.core.contract import Argument, Call
from app.features.console.api import LARGEST_WHOLE, answer_out, content_out
from app.features.console.present import MOST_SHOWN, file_name, next_offset, shown
from app.features.console.service import Sent
from tests.core.test_placing import call

DEEP = b"[" * 500 + b"]" * 500


def answer(body: bytes, media_type: str = "application/json", **more: object) -> CallAnswer:
    return CallAnswer(200, media_type, body, 1.0, **more)  # type: ignore[arg-type]


@given(st.binary(max_size=200), st.sampled_from(("", "application/json", "text/html", "image/png")))
@example(b'{"a": "\\ud800"}', "application/json")
@example(b"[1e999, NaN]", "application/json")
@example(DEEP, "application/json")
@example(b"[" * 100_000, "application/json")
@example(b"9" * 10_000, "application/json")
@example("\u202etxt.exe\x1b[31m".encode(), "text/plain")
def test_any_bytes(body: bytes, media_type: str) -> None:
    it = answer(body, media_type)
    page = shown(it)
    page.text.encode()
    assert not set(page.text) & set("\x00\x1b\u202e") and len(page.text) <= MOST_SHOWN
    json.dumps(content_out(it), allow_nan=False).encode()
    sent = Sent(None, call(), it)  # type: ignore[arg-type]
    json.loads(answer_out(sent).model_dump_json())


def test_a_long_answer_is_cut_and_says_so() -> None:
    page = shown(answer(b"x" * (MOST_SHOWN + 10), "text/plain"))
    assert page.cut and len(page.text) == MOST_SHOWN
    page = shown(answer(b"[" + b"1," * (2**20) + b"1]"))
    assert page.cut and page.kind == "text"
    out = content_out(answer(b"x" * (LARGEST_WHOLE + 1), "text/plain"))
    assert out["cut"] is True and len(out["text"]) == LARGEST_WHOLE
    assert content_out(answer(b"\x00" * (LARGEST_WHOLE + 1), "image/png")) == {"base64": None, "cut": True}


@pytest.mark.parametrize(
    ("media_type", "body", "name"),
    [
        ("application/vnd.ms-excel", b"PK..", "k-GET-mfa.xlsx"),
        ("application/vnd.ms-excel", b"\xd0\xcf", "k-GET-mfa.xls"),
        ("text/csv", b"a,b", "k-GET-mfa.csv"),
        ("application/json", b"{}", "k-GET-mfa.json"),
        ("", b"text", "k-GET-mfa.txt"),
        ("", b"\x00", "k-GET-mfa.bin"),
    ],
)
def test_names_of_files(media_type: str, body: bytes, name: str) -> None:
    named = call().model_copy(update={"name": "GET /mfa/"})
    assert file_name("k", named, answer(body, media_type)) == name


def paged() -> Call:
    return call(Argument(name="offset", kind="integer"))


@pytest.mark.parametrize(
    ("typed", "rows", "total", "following"),
    [("", 2, 5, 2), ("2", 2, 5, 4), ("4", 1, 5, None), ("x", 2, 5, 2), ("", 0, 5, None), ("", 2, None, None)],
)
def test_where_the_next_page_begins(typed: str, rows: int, total: int | None, following: int | None) -> None:
    page = shown(answer(json.dumps(list(range(rows))).encode(), total=total))
    assert next_offset(paged(), {"offset": typed}, page) == following
    assert next_offset(call(), {}, page) is None and next_offset(paged(), {}, None) is None
