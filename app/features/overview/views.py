"""The first page."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, render_template
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.health import check_label
from app.core.model import DomainStatus
from app.core.sentences import past, state_word
from app.features.overview.service import OverviewService
from app.web.permissions import right
from app.web.services import service

bp = Blueprint("overview", __name__, url_prefix="/overview")


@bp.get("/")
@right(Right.VIEW_DOMAINS)
def index(actor: Actor) -> str:
    """Connections, domains by status, open changes, running jobs, last changes."""
    found = service(OverviewService).page(actor)
    return render_template(
        "overview/index.html",
        found=found,
        check_label=check_label,
        past=past,
        state_word=state_word,
        state_words={
            "up": _("up"),
            "strained": _("strained"),
            "slow": _("slow"),
            "down": _("down"),
            "unknown": _("never tested"),
            "off": _("switched off"),
        },
        status_rows=_status_rows(found.by_status),
    )


def _status_rows(by_status: Mapping[str, int]) -> list[tuple[str, int]]:
    """How many domains are in which status, in the order of the statuses."""
    words = {
        "active": _("Active"),
        "disabled": _("Disabled"),
        "pending": _("Pending"),
        "deleted": _("Deleted upstream"),
        "missing": _("Missing upstream"),
    }
    return [(words[s.value], by_status[s.value]) for s in DomainStatus if by_status.get(s.value)]
