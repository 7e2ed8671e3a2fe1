"""`flask jobs …`."""

from __future__ import annotations

import click

from app.cli import command, print_json, print_table, service, shell_actor
from app.core.ports import Job
from app.features.jobs.service import JobService


@click.group("jobs")
def cli() -> None:
    """Work on many things."""


def _row(job: Job) -> dict[str, object]:
    return {
        "id": job.id,
        "title": str(job.title),
        "state": job.state.value,
        "done": f"{job.finished_items}/{job.total}",
        "failed": job.counts.get("failed", 0) + job.counts.get("unknown", 0),
        "who": job.actor.name,
    }


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def list_jobs(as_json: bool) -> None:
    """The last fifty jobs."""
    rows = [_row(job) for job in service(JobService).page(shell_actor())[0]]
    if as_json:
        print_json(rows)
    else:
        print_table(("id", "title", "state", "done", "failed", "who"), rows)


@cli.command("show")
@click.argument("job_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@command
def show_job(job_id: int, as_json: bool) -> None:
    """One job with the result of every item."""
    jobs = service(JobService)
    job = _row(jobs.get(shell_actor(), job_id))
    items = [
        {
            "no": item.no,
            "object": item.subject,
            "state": item.state.value,
            "result": str(item.result) if item.result else "",
        }
        for item in jobs.all_items(shell_actor(), job_id)
    ]
    if as_json:
        print_json({**job, "items": items})
        return
    click.echo(f"{job['title']}: {job['state']}, {job['done']} done, {job['failed']} failed")
    print_table(("no", "object", "state", "result"), items)


@cli.command("stop")
@click.argument("job_id", type=int)
@command
def stop_job(job_id: int) -> None:
    """Begin no further item."""
    service(JobService).stop(shell_actor(), job_id)


@cli.command("resume")
@click.argument("job_id", type=int)
@command
def resume_job(job_id: int) -> None:
    """Go on with a stopped job."""
    service(JobService).resume(shell_actor(), job_id)


@cli.command("retry")
@click.argument("job_id", type=int)
@command
def retry_job(job_id: int) -> None:
    """Try the failed items again."""
    service(JobService).retry(shell_actor(), job_id)
