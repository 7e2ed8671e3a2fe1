"""Makes the readings of one check of DNS: the same check, expectation and time for each."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.health import DNS
from app.core.model import Reading, Verdict
from app.core.ports import Clock
from app.core.text import Message, msg

LATER = msg("Look again later.")


@dataclass(frozen=True, slots=True)
class Findings:
    """What readings of one check have in common."""

    check: str
    expected: Message | None
    clock: Clock
    subject: str = ""

    def __call__(
        self,
        verdict: Verdict,
        found: Message,
        advice: Message | None = None,
        *,
        record: str = "",
        value: str = "",
    ) -> Reading:
        """One finding."""
        return Reading(
            self.check, verdict, found, self.expected, advice, DNS, self.clock(), self.subject, record, value
        )

    def silent(self, found: Message) -> Reading:
        """DNS did not answer: nothing is known."""
        return self(Verdict.UNKNOWN, found, LATER)
