"""Pages of a list and the order of its columns, as the address names them."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from app.web.navigation import with_query

LAST_PAGE = 2_147_483_647


def page_number(name: str = "page") -> int:
    """The page that the address names; 1 where that is no number from 1 to 2147483647."""
    text = request.args.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        return 1
    return int(text) if 1 <= int(text) <= LAST_PAGE else 1


@dataclass(frozen=True, slots=True)
class Pager:
    """One page of a list: numbers of its first and last row (0 where there is none), and the way to the others.

    `total_capped`: there are more rows than `total`; `pages` then counts one further page.
    """

    number: int
    pages: int
    first: int
    last: int
    total: int
    total_capped: bool = False
    name: str = "page"

    @classmethod
    def of(cls, page: int, size: int, total: int, total_capped: bool = False, name: str = "page") -> Pager:
        """The pager of page `page` (from 1) with `size` rows each."""
        pages = max(1, -(-total // size))
        if total_capped:
            pages = max(pages, page) + 1
        first = (page - 1) * size + 1
        inside = first <= total or total_capped
        last = page * size if total_capped else min(page * size, total)
        return cls(page, pages, first if inside else 0, last if inside else 0, total, total_capped, name)

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.number < self.pages

    def url(self, number: int) -> str:
        """The address of another page of the same list."""
        return with_query({self.name: None if number == 1 else str(number)})


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of a list; in the address `sort=name`, or `sort=-name` for descending."""

    key: str
    descending: bool = False
    default: str = "name"

    @classmethod
    def from_url(cls, keys: tuple[str, ...], default: str) -> Sort:
        """The order that the address names, `default` (e.g. "-at") where it names none of `keys`."""
        wanted = request.args.get("sort", default)
        if wanted.removeprefix("-") not in keys:
            wanted = default
        return cls(wanted.removeprefix("-"), wanted.startswith("-"), default)

    def url(self, key: str) -> str:
        """The address of the list in the order of `key`; the other way round if that is the order now."""
        wanted = f"-{key}" if key == self.key and not self.descending else key
        return with_query({"sort": None if wanted == self.default else wanted, "page": None})
