"""Pasted headers: what they say, and that no text breaks the reading of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.pasted import HOPS, MOST, parse

HEADERS = """Return-Path: <bounce@deadguys.fr>
Received: from filter.example (filter.example [192.0.2.1]) by mx.stark.net (Postfix)
\twith ESMTPS id 4; Sun, 1 Nov 2026 10:00:05 +0100
Received: from out.deadguys.fr by filter.example with ESMTP; Sun, 1 Nov 2026 09:00:00 +0000
Authentication-Results: mx.stark.net; spf=pass smtp.mailfrom=deadguys.fr; dkim=fail
 (bad signature) header.d=deadguys.fr; dmarc=none
From: =?utf-8?q?J=C3=B6rg?= <The@DeadGuys.fr>
To: Arya <arya@stark.net>
Subject: =?utf-8?b?UmVjaG51bmcgw7w=?=
Message-ID: <abc@deadguys.fr>
Date: Sun, 1 Nov 2026 10:00:00 +0100

Subject: not this one
"""


def test_what_headers_say():
    found = parse(HEADERS)
    assert (found.sender, found.envelope, found.recipient) == (
        "the@deadguys.fr",
        "bounce@deadguys.fr",
        "arya@stark.net",
    )
    assert (found.subject, found.message_id) == ("Rechnung ü", "abc@deadguys.fr")
    assert found.at == datetime(2026, 11, 1, 9, tzinfo=UTC)
    assert [(hop.sender, hop.by, hop.seconds) for hop in found.hops] == [
        ("out.deadguys.fr", "filter.example", None),
        ("filter.example", "mx.stark.net", 5),
    ]
    assert [(one.method, one.result) for one in found.results] == [
        ("spf", "pass"),
        ("dkim", "fail"),
        ("dmarc", "none"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        "From: <@>\nTo: <x@>\nDate: 99 Foo 99999\nMessage-ID: <<>>",
        "From: a@b\x00c\nSubject: =?no-such?q?x?=\nReceived: ;;;;",
        "Subject: =?utf-8?b?" + "A" * 5000,
        "Date: Mon, 1 Jan 0001 00:00:00 +2359\nDate: x",
        "Received: from " + "(" * 50_000,
    ],
)
def test_nonsense_is_left_out(text):
    found = parse(text)
    assert found.sender == "" and found.recipient == "" and len(found.subject) <= 500


def test_there_is_a_bound():
    found = parse("Received: from a by b; x\n" * 500 + "Subject: " + "s" * MOST)
    assert len(found.hops) == HOPS and len(found.subject) <= 500


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["From", "To", "Date", "Received", "Subject", "X"]), st.text(max_size=80))
    )
)
def test_nothing_raises(lines):
    found = parse("\n".join(f"{name}: {value}" for name, value in lines))
    assert all(c.isprintable() for c in found.subject + found.sender + found.recipient)
