"""Reports become flashes, their links buttons and addresses."""

from __future__ import annotations

from typing import Any

from flask import get_flashed_messages

from app.core.plan import Link, Report, Tone
from app.core.text import msg
from app.web import feedback
from app.web.feedback import CollectFeedback, FlashFeedback, flash_text, register_link

register_link("test.page", lambda params: {"url": f"/page/{params['id']}"})
register_link("test.button", lambda params: {"post": "/undo", "fields": dict(params)})
register_link("test.nowhere", lambda _params: None)


def flashed(app: Any, *reports: Report) -> list[Any]:
    with app.test_request_context("/"):
        for report in reports:
            FlashFeedback().show(report)
        return list(get_flashed_messages(with_categories=True))


def test_a_report_is_one_flash_with_its_next_steps(app: Any) -> None:
    links = (
        Link(msg("See {name}", name="it"), "test.page", {"id": 7}),
        Link(msg("Undo"), "test.button", {"change": 3}),
        Link(msg("Gone"), "test.nowhere"),
        Link(msg("Unknown"), "test.unknown"),
    )
    ((category, shown),) = flashed(
        app, Report(msg("Added {name}.", name="got.com"), Tone.PARTIAL, links=links)
    )
    assert category == "partial"
    assert shown == {
        "text": "Added got.com.",
        "links": [
            {"label": "See it", "url": "/page/7"},
            {"label": "Undo", "post": "/undo", "fields": {"change": 3}},
        ],
    }


def test_a_flash_fits_into_a_cookie(app: Any) -> None:
    links = tuple(Link(msg("L"), "test.page", {"id": n}) for n in range(50))
    ((_, shown),) = flashed(app, Report(msg("{words}", words="x" * 10_000), links=links))
    assert len(shown["text"]) == feedback.LONGEST_TEXT
    assert len(shown["links"]) == feedback.MOST_LINKS


def test_a_sentence_of_no_service(app: Any) -> None:
    with app.test_request_context("/"):
        flash_text("Hello.", Tone.PROBLEM)
        assert get_flashed_messages(with_categories=True) == [("problem", {"text": "Hello.", "links": []})]


def test_collected_reports_stay_in_order() -> None:
    collected = CollectFeedback()
    reports = [Report(msg("one")), Report(msg("two"))]
    for report in reports:
        collected.show(report)
    assert collected.reports == reports
