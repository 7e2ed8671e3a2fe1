"""Where the reports of services go on the web: into a flash, or onto a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import flash
from flask_babel import gettext

from app.core.plan import Link, Report, Tone

Params = Mapping[str, Any]
Target = Mapping[str, Any]

# A flash travels in the session's cookie, which browsers cut at 4 kB.
LONGEST_TEXT = 1000
MOST_LINKS = 4

_targets: dict[str, Callable[[Params], Target | None]] = {}


def register_link(action: str, target: Callable[[Params], Target | None]) -> None:
    """Says where links with this action lead.

    `target(params)` returns {"url": …} for a page, {"post": url, "fields": {…}} for a button, or None to leave the link
    out. The label comes from the link.
    """
    _targets[action] = target


def shown_link(link: Link) -> dict[str, Any] | None:
    """The link as templates draw it: {"label", "url"} or {"label", "post", "fields"}; None where it leads nowhere."""
    target = _targets.get(link.action)
    found = target(link.params) if target else None
    return None if found is None else {"label": link.label.render(gettext), **found}


def flash_text(text: str, tone: Tone = Tone.OK) -> None:
    """Flashes a sentence that no service reported."""
    _flash({"text": text, "links": []}, tone)


def _flash(content: Mapping[str, Any], tone: Tone) -> None:
    flash(cast(str, content), tone.value)  # any JSON goes


class FlashFeedback:
    """Flashes each report: one sentence with its next steps. The category is the report's tone."""

    def show(self, report: Report) -> None:
        """Flashes the report."""
        text = report.text.render(gettext)
        if len(text) > LONGEST_TEXT:
            text = text[: LONGEST_TEXT - 1] + "…"
        links = [shown for link in report.links[:MOST_LINKS] if (shown := shown_link(link))]
        _flash({"text": text, "links": links}, report.tone)


class CollectFeedback:
    """Keeps the reports, for answers in JSON."""

    def __init__(self) -> None:
        self.reports: list[Report] = []

    def show(self, report: Report) -> None:
        """Keeps the report."""
        self.reports.append(report)
