"""Pages and orders of lists, as addresses name them."""

from __future__ import annotations

from typing import Any

import pytest

from app.web.paging import Pager, Sort, page_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("7", 7),
        ("2147483647", 2147483647),
        ("2147483648", 1),
        ("99999999999999999999", 1),
        ("0", 1),
        ("-1", 1),
        ("1.5", 1),
        ("", 1),
        ("٣", 1),
        ("\x00", 1),
        ("abc", 1),
    ],
)
def test_page_numbers(app: Any, text: str, number: int) -> None:
    with app.test_request_context("/login", query_string={"page": text}):
        assert page_number() == number


@pytest.mark.parametrize(
    ("page", "total", "pages", "first", "last"),
    [
        (1, 0, 1, 0, 0),
        (1, 1, 1, 1, 1),
        (1, 50, 1, 1, 50),
        (1, 51, 2, 1, 50),
        (2, 51, 2, 51, 51),
        (9, 51, 2, 0, 0),
    ],
)
def test_first_and_last_row(page: int, total: int, pages: int, first: int, last: int) -> None:
    pager = Pager.of(page, 50, total)
    assert (pager.pages, pager.first, pager.last) == (pages, first, last)
    assert pager.has_previous is (page > 1)
    assert pager.has_next is (page < pages)


def test_a_capped_total_always_has_a_next_page() -> None:
    pager = Pager.of(200, 50, 10_000, True)
    assert (pager.pages, pager.has_next, pager.first, pager.last) == (201, True, 9951, 10_000)
    beyond = Pager.of(300, 50, 10_000, True)
    assert (beyond.pages, beyond.has_next, beyond.first) == (301, True, 14_951)


def test_addresses_of_other_pages_keep_filters(app: Any) -> None:
    with app.test_request_context("/login?q=x&status=active&status=missing&page=2"):
        pager = Pager.of(2, 50, 500)
        assert pager.url(3) == "/login?q=x&status=active&status=missing&page=3"
        assert pager.url(1) == "/login?q=x&status=active&status=missing"


def test_orders_turn_round_and_begin_at_the_first_page(app: Any) -> None:
    with app.test_request_context("/login?q=x&sort=-name&page=4"):
        sort = Sort.from_url(("name", "at"), "name")
        assert (sort.key, sort.descending) == ("name", True)
        assert sort.url("name") == "/login?q=x"
        assert sort.url("at") == "/login?q=x&sort=at"
    with app.test_request_context("/login?sort=evil"):
        sort = Sort.from_url(("name", "at"), "-at")
        assert (sort.key, sort.descending) == ("at", True)
        assert sort.url("at") == "/login?sort=at"
