"""The Software API's calls: what each is called, what it takes, how sure it is, and the function that answers.

A module of calls declares them with ``@software(...)``; ``api_help`` prints what stands here, the certainty too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.sandbox.spamexperts.answers import Answer
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.query import Arguments

SEED, VENDOR, CLIENT, INFERRED = "seed", "vendor doc", "client code", "inferred"
"""How sure a call is (SpamExperts contract sheet, section 0); the weakest of name and arguments."""

Run = Callable[[Cluster, Arguments], Answer]


@dataclass(frozen=True)
class Argument:
    """One argument: required when it has no default. ``limit`` is for the help page."""

    name: str
    default: str | None = None
    limit: str = ""

    @property
    def required(self) -> bool:
        return self.default is None


@dataclass(frozen=True)
class SoftwareCall:
    """One call. ``json_proven``: a public source shows it answering JSON (2.4)."""

    name: str
    arguments: tuple[Argument, ...]
    about: str
    tag: str
    run: Run
    returns: str = '""'
    json_proven: bool = False

    @property
    def signature(self) -> str:
        """Return the vendor's notation: ``name(required, optional='') -> "".``"""
        shown = [one.name if one.required else f"{one.name}='{one.default}'" for one in self.arguments]
        return f"{self.name}({', '.join(shown)}) -> {self.returns}."

    def knows(self, name: str) -> bool:
        """True when the call takes that argument."""
        return any(argument.name == name for argument in self.arguments)


CALLS: dict[str, SoftwareCall] = {}
"""All calls by name, in the order of the help page."""


def software(
    name: str,
    *arguments: str,
    tag: str,
    about: str = "",
    returns: str = '""',
    json_proven: bool = False,
) -> Callable[[Run], Run]:
    """Declare a call. An argument is a name (required), or ``name=`` with a default (optional).

    ``about`` is what the help page says; without it, the first line of the function's docstring.
    """

    def declare(run: Run) -> Run:
        described = about or (run.__doc__ or "").partition("\n")[0]
        CALLS[name] = SoftwareCall(
            name, tuple(map(_argument, arguments)), described, tag, run, returns, json_proven
        )
        return run

    return declare


def _argument(text: str) -> Argument:
    name, equals, default = text.partition("=")
    return Argument(name, default if equals else None)
