"""What no document says of OLSPanel's API, as this driver takes it: each guess stands here and nowhere else.

OLSPanel contract sheet, facts tagged [inferred]. When a real panel shows something else, this file changes
and the code around it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADER_CHARSET = "latin-1"
"""Section 2: what the headers `username` and `password` can carry. In UTF-8 the panel would read other
letters."""


def refusal_words(answer: Mapping[str, Any]) -> str:
    """Section 3: the words of an answer that is a refusal, "" for a success.

    `error` that is not empty, or `success` that is exactly false: some calls say yes with a text under
    `success`.
    """
    error = answer.get("error")
    if error:
        return str(error)
    if answer.get("success") is False:
        return str(answer.get("message") or "no reason given")
    return ""


def at_the_gate(answer: Mapping[str, Any]) -> bool:
    """Section 3: the refusal came before the call was looked at. Only then there is no `success` in it."""
    return "success" not in answer


def asks_about(username: str) -> dict[str, str]:
    """4.1 and 4.3: the account goes into the body as well as into the header, since the documents and the
    panel's code differ in where they look for it."""
    return {"username": username}
