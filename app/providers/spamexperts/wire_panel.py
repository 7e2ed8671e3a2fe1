"""Answers of the Control Panel API in our words (contract sheet, 7.2 and 7.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from app.core.model import Route
from app.core.rules import Rule, RuleAction, RuleKind
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.spamexperts.control_panel import read_panel
from app.providers.spamexperts.wire import Odd, judged
from app.providers.spamexperts.wire_domains import destination_of, name_of
from app.providers.spamexperts.wire_rules import rule_of_entry

Json = Any
T = TypeVar("T")

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)+")
_NO_LIST = msg("The panel's answer is not the list that it should be.")


def read_panel_names(answer: Answer) -> tuple[str, ...]:
    """Names of domains or of aliases. Raises what `read_panel` raises, and Malformed."""
    return tuple(dict.fromkeys(_items(answer, lambda item: name_of(_text(item)))))


def read_panel_routes(answer: Answer) -> tuple[Route, ...]:
    """The routes of `domain/getroute`, two colons before the port."""
    return tuple(dict.fromkeys(_items(answer, destination_of)))


def read_panel_version(answer: Answer) -> str:
    """Two numbers joined by a dot. Raises Malformed for anything else: then this is no panel."""
    version = read_panel_word(answer)
    if not _VERSION.fullmatch(version):
        raise answer.unreadable(
            msg(
                "What answers here is no Control Panel: “{words}” is not a version. Check the address of the connection.",
                words=answer.quote(version, 80),
            )
        )
    return version


def read_panel_word(answer: Answer) -> str:
    """A short text, or a number as text."""
    value = read_panel(answer)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise answer.unreadable(msg("The panel's answer is not the word that it should be."))
    return str(value).strip()[:200]


def read_panel_present(answer: Answer) -> bool:
    """What `domain/exists` says."""
    value = read_panel(answer)
    present = value.get("present") if isinstance(value, dict) else None
    if present not in (0, 1, "0", "1"):
        raise answer.unreadable(msg("The panel does not say whether the domain is there."))
    return int(present) == 1


def read_panel_entries(
    answer: Answer, connection: str, domain: str, kind: RuleKind, action: RuleAction, part: str
) -> list[Rule]:
    """The entries of a list: objects with an address for senders, texts for recipients. `part`: what senders compare."""
    part = part if kind is RuleKind.SENDER else ""
    read = _items(answer, lambda item: rule_of_entry(item, connection, domain, kind, action))
    rules = [replace(rule, part=part) for rule in read]
    return list({rule.identity: rule for rule in rules}.values())


def read_panel_rows(answer: Answer, problem: Message = _NO_LIST) -> list[dict[str, Json]]:
    """A list of objects. Raises Malformed."""

    def row(item: Json) -> dict[str, Json]:
        if not isinstance(item, dict):
            raise Odd(problem, item)
        return item

    return _items(answer, row)


def _items(answer: Answer, read: Callable[[Json], T]) -> list[T]:
    """What `read` makes of each item of a list; nothing at all is an empty one."""
    value = read_panel(answer)
    with judged(answer):
        if not isinstance(value, list):
            if value in (None, "", {}):
                return []
            raise Odd(_NO_LIST, value)
        return [read(item) for item in value]


def _text(item: Json) -> str:
    if not isinstance(item, str):
        raise Odd(_NO_LIST, item)
    return item
