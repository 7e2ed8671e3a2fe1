"""Mailboxes: found by any part of their address, cut to the scope, kept and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.mailboxes import owned
from app.storage import mailboxes as module
from app.storage.mailboxes import SqlMailboxes
from tests.storage.people import ADMIN, domains, within

A, B = "a.example", "b.example"
SOME = [(A, "anna@a.example"), (A, "100%_a*[x]@a.example"), (B, "anna@b.example"), (B, "joanna@b.example")]


@pytest.fixture
def book(database, clock):
    book = SqlMailboxes(database)
    book.put("one", SOME, clock())
    book.put("two", [(A, "anna@a.example")], clock())
    return book


def found(book, text, who=ADMIN, most=50):
    return [(row.connection, row.address) for row in book.find(who, text, most)]


@pytest.mark.parametrize("cap", [1000, 1])
def test_any_part_of_an_address_is_found(book, monkeypatch, cap):
    monkeypatch.setattr(module, "CAP", cap)
    assert found(book, "anna@a") == [("one", "anna@a.example"), ("two", "anna@a.example")]
    assert found(book, "ANNA@b") == [("one", "anna@b.example"), ("one", "joanna@b.example")]
    assert found(book, "nna@b", most=1) == [("one", "anna@b.example")]
    assert found(book, "%_a*[x]") == [("one", "100%_a*[x]@a.example")]
    assert found(book, "a%b") == found(book, '"') == found(book, "nobody") == []


def test_a_short_text_is_the_beginning(book):
    assert found(book, "jo") == [("one", "joanna@b.example")] and found(book, "o") == []


def test_outside_the_scope_is_nothing(book):
    only = within(domains(A, "one"))
    assert {address for _, address in found(book, "example", only)} == {SOME[0][1], SOME[1][1]}
    assert book.named(only, "anna@b.example") == []
    assert [row.connection for row in book.named(ADMIN, "Anna@a.example")] == ["one", "two"]


def test_what_was_not_seen_again_is_gone(book, clock):
    later = clock() + timedelta(hours=1)
    book.put("one", SOME[:1], later)
    book.completed("one", later)
    assert book.read_at("one") == later and book.read_at("two") is None
    assert found(book, "anna@") == [("one", "anna@a.example"), ("two", "anna@a.example")]
    book.remove("one", "anna@a.example")
    book.forget("two", B)
    assert found(book, "anna@") == [("two", "anna@a.example")]
    book.forget("two")
    assert found(book, "anna@") == []


def test_addresses_are_taken_in_the_form_of_the_inventory():
    assert owned(["Anna@A.example", "x@bücher.example", "none", "@a.example", "x@", "a@b c"]) == [
        (A, "anna@a.example"),
        ("xn--bcher-kva.example", "x@xn--bcher-kva.example"),
    ]
