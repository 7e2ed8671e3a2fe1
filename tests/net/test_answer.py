"""Answers: charset, JSON, and what is no answer of the API."""

from datetime import UTC, datetime

import pytest

from app.core.errors import Malformed, OutcomeUnknown, Unreachable
from app.net.answer import retry_after
from app.net.http import Answer, looks_like_html, raise_for_gateway
from app.net.masking import Masker

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def answer(body: bytes = b"", status: int = 200, write: bool = False, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, body, 1.0, write)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("müßig".encode(), "text/plain", "müßig"),
        ("müßig".encode("latin-1"), "text/plain; charset=ISO-8859-1", "müßig"),
        ("müßig".encode("latin-1"), "text/plain", "m\ufffd\ufffdig"),
        (b"\xef\xbb\xbfplain", "", "plain"),
        (b"x", 'text/plain; charset="no-such-thing"', "x"),
    ],
)
def test_the_text_follows_the_charset(body, content_type, text):
    assert answer(body, Content_Type=content_type).text == text


def test_the_media_type():
    assert answer(Content_Type="Application/JSON; charset=utf-8").content_type == "application/json"
    assert answer().content_type == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"OK",
        b"<html>",
        b"[NaN]",
        b"[Infinity]",
        b"\xff\xfe\xfa",
        b"[" * 100_000,
        b'"' + b"\xff" * 3 + b'"',
        b"9" * 5000,
    ],
)
def test_what_is_not_json(body):
    with pytest.raises(Malformed, match="not JSON"):
        answer(body).json()
    with pytest.raises(OutcomeUnknown, match=r"not JSON.* Nobody knows"):
        answer(body, write=True).json()


def test_json_in_utf8_with_or_without_mark():
    assert answer(b'\xef\xbb\xbf{"a": "\xc3\xbc"}').json() == {"a": "ü"}
    assert answer(b"null").json() is None


def test_half_characters_do_not_get_in():
    value = answer(rb'{"\ud800": ["a\udc00", "\ud83d\ude00"]}').json()
    assert value == {"\ufffd": ["a\ufffd", "😀"]}


def test_an_excerpt_is_short_harmless_and_without_secrets():
    words = Answer(200, {}, b"", 1.0, masker=Masker([], ["s3cret"])).quote(
        "a\x00\x1b[31m\u202e  b\r\nc s3cret " + "x" * 5000
    )
    assert words.startswith("a [31m b c •••••• xxx") and len(words) == 300 and words.endswith("…")


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><p>",
        b" \n<HTML>",
        b"\xef\xbb\xbf<html lang=en>",
        b"<!-- x -->\n<html>",
        b"<head>",
        b"<h1>Bad</h1>",
    ],
)
def test_web_pages(body):
    assert looks_like_html(answer(body))


@pytest.mark.parametrize("body", [b"", b"{}", b"ERROR: <html>", b"<xml/>", b"example.org:mx::25"])
def test_what_is_no_web_page(body):
    assert not looks_like_html(answer(body, Content_Type="text/html"))


@pytest.mark.parametrize(
    ("status", "body"), [(502, b"{}"), (503, b"x"), (504, b""), (500, b""), (500, b"<html>"), (520, b" ")]
)
def test_a_gateway_speaking(status, body):
    with pytest.raises(Unreachable, match=f"error {status}. Nothing was changed") as caught:
        raise_for_gateway(answer(body, status))
    assert caught.value.status == status
    with pytest.raises(OutcomeUnknown):
        raise_for_gateway(answer(body, status, write=True))


@pytest.mark.parametrize(
    ("status", "body"), [(200, b""), (404, b"<html>"), (500, b'{"error": 1}'), (500, b"ERROR: x")]
)
def test_the_upstream_itself_speaking(status, body):
    raise_for_gateway(answer(body, status))


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Fri, 02 Jan 2026 03:05:05", 60.0),
        ("Fri, 02 Jan 2026 03:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("", None),
    ],
)
def test_retry_after(value, seconds):
    assert retry_after({"Retry-After": value}, NOW) == seconds
