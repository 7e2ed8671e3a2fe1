"""The page of statistics."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.errors import Invalid
from app.core.statistics import CLASSES, PERIODS, Statistics
from app.features.statistics.service import Counted, StatisticsService
from app.web.permissions import right
from app.web.render import translated
from app.web.services import service

bp = Blueprint("statistics", __name__, url_prefix="/statistics")

DAYS = 7


@bp.get("/")
@right(Right.VIEW_DOMAINS)
def index(actor: Actor) -> Any:
    """The numbers of a connection or a domain, as charts with a table beside each."""
    statistics = service(StatisticsService)
    offered = statistics.offered(actor)
    able = [connection.key for connection, reason in offered if reason is None]
    asked = {
        name: request.args.get(name, "").replace("\x00", "")[:300].strip()
        for name in ("connection", "domain", "days")
    }
    key = asked["connection"] or (able[0] if len(able) == 1 else "")
    days = int(asked["days"]) if asked["days"] in map(str, PERIODS) else DAYS
    counted: Counted | None = None
    problem, status = None, 200
    if key:
        try:
            counted = statistics.read(actor, key, asked["domain"], days)
        except Invalid as error:
            problem = next(iter(error.fields.values()))
            status = 422 if asked["connection"] else 200  # nobody has asked for anything yet
    page = render_template(
        "statistics/index.html",
        offered=offered,
        able=able,
        chosen=[(c.key, c.name) for c, reason in offered if reason is None],
        spans=[(n, _("Last %(days)s days", days=n) if n > 1 else _("Last 24 hours")) for n in PERIODS],
        key=key,
        domain=asked["domain"],
        days=days,
        counted=counted,
        problem=problem,
        charts=_charts(counted.found) if counted and counted.found else None,
    )
    return page, status


def _charts(found: Statistics) -> dict[str, Any]:
    """Labels and series as the chart and its table draw them."""
    classes = _in_order(found.classes)
    moments = sorted({moment for one in found.times for moment, _ in one.points})
    by_day = not moments or all((moment.hour, moment.minute) == (0, 0) for moment in moments)
    times = {one.name: dict(one.points) for one in found.times}
    users = _in_order({name: 1 for user in found.users for name in user.by_class})
    return {
        "classes": {
            "labels": [_label(name) for name in classes],
            "values": [found.classes[name] for name in classes],
            "tones": [_tone(name) for name in classes],
        },
        "times": {
            "labels": [moment.strftime("%Y-%m-%d" if by_day else "%Y-%m-%d %H:%M") for moment in moments],
            "series": [
                {
                    "label": _label(name),
                    "values": [times[name].get(moment, 0) for moment in moments],
                    "tone": _tone(name),
                }
                for name in _in_order(times)
            ],
        },
        "users": {
            "classes": [(name, _label(name)) for name in users],
            "labels": [user.user for user in found.users[:15]],
            "values": [user.total for user in found.users[:15]],
            "rows": found.users,
        },
    }


def _in_order(names: Any) -> list[str]:
    """Names of classes in the order of `CLASSES`, unknown ones last."""
    known = list(CLASSES)
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def _label(name: str) -> str:
    return translated(CLASSES[name][0]) if name in CLASSES else name


def _tone(name: str) -> str:
    return CLASSES[name][1] if name in CLASSES else "grey"
