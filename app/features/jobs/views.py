"""The pages of jobs."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core.actor import Actor, Right
from app.core.mail_searches import JOB_KIND
from app.core.ports import ItemState
from app.features.jobs.service import JobService, steering_right
from app.web.feedback import register_link
from app.web.permissions import right
from app.web.services import service

bp = Blueprint("jobs", __name__, url_prefix="/jobs")

register_link("job.show", lambda params: {"url": url_for("jobs.show", job_id=params["id"])})
register_link("jobs.list", lambda _params: {"url": url_for("jobs.index")})


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@bp.get("/")
@right(Right.VIEW_JOBS)
def index(actor: Actor) -> str:
    """All jobs, newest first."""
    rows, next_id = service(JobService).page(
        actor, before_id=_number("before"), kind=request.args.get("kind", "")[:20]
    )
    return render_template("jobs/index.html", rows=rows, next_id=next_id, job_words=job_words())


@bp.get("/<int(max=2147483647):job_id>")
@right(Right.VIEW_JOBS)
def show(actor: Actor, job_id: int) -> str:
    """One job: how far it is, and the result of each item."""
    states = tuple(ItemState(s) for s in request.args.getlist("state") if s in set(ItemState))
    detail = service(JobService).detail(actor, job_id, states=states, after_no=_number("after") or 0)
    job = detail.job
    return render_template(
        "jobs/show.html",
        detail=detail,
        job=job,
        states=[s.value for s in states],
        item_choices=list(item_words().items()),
        steer=actor.may(steering_right(job)),
        own_search=job.kind == JOB_KIND and job.actor.name == actor.name and actor.may(Right.VIEW_QUARANTINE),
        job_words=job_words(),
        item_words=item_words(),
    )


def job_words() -> dict[str, str]:
    """A job's states for people."""
    return {
        "queued": _("waiting"),
        "running": _("running"),
        "stopping": _("stopping"),
        "stopped": _("stopped"),
        "done": _("done"),
        "partial": _("partly done"),
        "failed": _("failed"),
    }


def item_words() -> dict[str, str]:
    """An item's states for people."""
    return {
        "queued": _("waiting"),
        "running": _("at work"),
        "done": _("done"),
        "failed": _("failed"),
        "unknown": _("unknown"),
        "skipped": _("skipped"),
    }


@bp.get("/<int(max=2147483647):job_id>/progress")
@right(Right.VIEW_JOBS)
def progress(actor: Actor, job_id: int) -> str:
    """The part of the page that changes while a job runs; it stops asking when the job has ended."""
    return render_template(
        "jobs/_progress.html",
        job=service(JobService).get(actor, job_id),
        job_words=job_words(),
        item_words=item_words(),
    )


@bp.post("/<int(max=2147483647):job_id>/stop")
@right(Right.VIEW_JOBS)
def stop(actor: Actor, job_id: int) -> ResponseReturnValue:
    """Begin no further item."""
    service(JobService).stop(actor, job_id)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@bp.post("/<int(max=2147483647):job_id>/resume")
@right(Right.VIEW_JOBS)
def resume(actor: Actor, job_id: int) -> ResponseReturnValue:
    """Go on with a stopped job."""
    service(JobService).resume(actor, job_id)
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@bp.post("/<int(max=2147483647):job_id>/retry")
@right(Right.VIEW_JOBS)
def retry(actor: Actor, job_id: int) -> ResponseReturnValue:
    """Try the failed items again."""
    service(JobService).retry(actor, job_id)
    return redirect(url_for("jobs.show", job_id=job_id), 303)
