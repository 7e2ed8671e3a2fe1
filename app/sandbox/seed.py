"""What every upstream's seed needs: repeatable chance, generated domains, and times that look alive."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

GENERATED = re.compile(r"customer-\d{5,6}\.(example|test)")
"""What generated domain names and their aliases look like."""


@dataclass(frozen=True)
class GeneratedDomain:
    """A domain made up for a load test: every fifth has a second route, every tenth an alias."""

    number: int

    @property
    def name(self) -> str:
        return f"customer-{self.number:05d}.example"

    @property
    def aliases(self) -> tuple[str, ...]:
        return (f"customer-{self.number:05d}.test",) if self.number % 10 == 0 else ()

    @property
    def routes(self) -> tuple[str, ...]:
        second = ("backup.nordwind.example",) if self.number % 5 == 0 else ()
        return ("mail.hosting.example", *second)


def generated(count: int) -> Iterator[GeneratedDomain]:
    """Yield the generated domains number 1 to ``count``."""
    return (GeneratedDomain(number) for number in range(1, count + 1))


def chance(*about: object) -> random.Random:
    """Return a random generator that gives the same numbers at each start for the same subject."""
    return random.Random("/".join(map(str, about)))
