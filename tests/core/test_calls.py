"""What is kept and shown of a call and its answer."""

from __future__ import annotations

from app.core.calls import CallAnswer, masked
from app.core.contract import Argument, Call
from app.core.secret import MASK, Secret
from tests.core.test_placing import call


def test_nothing_secret_is_kept_at_any_depth() -> None:
    wanted: Call = call(
        Argument(name="user"),
        Argument(name="code", secret=True),
        Argument(name="body", kind="json", where="body"),
        Argument(name="file", kind="file", where="form"),
    )
    given = {
        "user": "anna",
        "code": "4711",
        "api_token": "unknown argument",
        "body": [{"name": "x", "password": "hush", "deep": {"clientSecret": 1, "private_key": "hush"}}],
        "file": {"name": "a.txt", "base64": "aHVzaGh1c2g="},
        "other": Secret("hush"),
    }
    shown = masked(wanted, given)
    assert shown["user"] == "anna" and shown["file"] == {"name": "a.txt", "bytes": 8}
    assert (shown["code"], shown["api_token"], shown["other"]) == (MASK, MASK, MASK)
    assert "hush" not in str(shown) and "4711" not in str(shown)


def test_text_and_what_is_none() -> None:
    def answer(body: bytes, media_type: str = "") -> CallAnswer:
        return CallAnswer(200, media_type, body, 1.0, hide=lambda text: text.replace("hush", MASK))

    assert answer(b"\x89PNG\r\n\x00", "").binary and answer(b"x", "image/png").binary
    assert not answer("wört".encode(), "text/csv").binary
    assert answer(b"a hush b").text() == f"a {MASK} b"
    assert answer(b"x" * 10_000 + b"hush").text(100) == "x" * 100
    assert answer(b"\xff").text() == "\ufffd"
