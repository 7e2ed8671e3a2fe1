"""One line of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """A measurement: what, its figure in words, the goal in words, and whether it was met (None: no goal)."""

    what: str
    figure: str
    goal: str = ""
    met: bool | None = None

    @property
    def missed(self) -> bool:
        """A goal was missed."""
        return self.met is False

    @property
    def row(self) -> str:
        """A line of the Markdown table."""
        mark = "" if self.met is None else "met" if self.met else "**missed**"
        return f"| {self.what} | {self.figure} | {self.goal} | {mark} |"

    def __str__(self) -> str:
        return f"{self.what}: {self.figure}" + (f" (goal {self.goal})" if self.goal else "")


def ratio(what: str, left: float, right: float, unit: str, most: float) -> Result:
    """`left` may be at most `most` times `right`."""
    return Result(
        what,
        f"{left:.1f} {unit} against {right:.1f} {unit}: {left / right:.2f} times",
        f"at most {most} times",
        left <= most * right,
    )
