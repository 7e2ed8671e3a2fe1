"""Writes the generated tables of the README: settings, and what each upstream can do. `--check` only compares."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.core.capabilities import Capability  # noqa: E402  the project's root must be on the path first
from app.providers import registry  # noqa: E402
from config import settings_table  # noqa: E402

README = ROOT / "README.md"


def matrix() -> str:
    """What each provider can do, as a Markdown table; the reasons for the gaps below it."""
    cards = registry.cards()
    lines = [
        "| | " + " | ".join(card.label for card in cards.values()) + " |",
        "|---" * (len(cards) + 1) + "|",
    ]
    notes: list[str] = []
    for capability in Capability:
        cells = []
        for card in cards.values():
            if capability in card.can:
                cells.append("yes")
                continue
            reason = f"{card.label}: {card.reason(capability)}"
            if reason not in notes:
                notes.append(reason)
            cells.append(f"no <sup>{notes.index(reason) + 1}</sup>")
        lines.append(f"| {capability.label} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + "\n".join(f"{n}. {note}" for n, note in enumerate(notes, 1)) + "\n"


def calls() -> str:
    """The calls of each upstream in figures, as a Markdown table."""
    lines = ["| | documented | callable | behind pages of their own |", "|---|---|---|---|"]
    for slug, card in registry.cards().items():
        total, used = len(registry.contract(slug).calls), len(registry.used_calls(slug))
        lines.append(f"| {card.label} | {total} | {total} | {used} |")
    return "\n".join(lines) + "\n"


def filled(text: str) -> str:
    """The README with its generated blocks made anew."""
    for name, content in (("settings", settings_table()), ("matrix", matrix()), ("calls", calls())):
        block = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
        text = block.sub(lambda found, content=content: found.group(1) + content + found.group(2), text)
    return text


def main() -> int:
    """Exit code 1 with `--check` when the README is not current."""
    before = README.read_text(encoding="utf-8")
    after = filled(before)
    if "--check" in sys.argv:
        return int(before != after)
    README.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
