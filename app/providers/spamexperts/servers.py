"""The filtering servers of a cluster as they say they are (contract sheet, 6.5): read, and judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.model import ServerState, Verdict
from app.core.text import Message, msg
from app.net.answer import Answer
from app.providers.spamexperts.wire import read_answer

Json = Any
Figures = Mapping[str, Json]

_BUSY_AT = 2
"""Times as much load as processors from which a server counts as busy."""

_TIGHT_AT = 0.1
"""The part of a disk below which what is free is too little."""


def read_servers(answer: Answer) -> dict[str, Figures]:
    """The figures of each server by its name, sorted. Raises as `read_answer`, and Malformed."""
    read_answer(answer)
    found = answer.json()
    if not isinstance(found, dict) or not all(isinstance(figures, dict) for figures in found.values()):
        raise answer.unreadable(msg("The status of the servers cannot be read."))
    return {str(host)[:253]: figures for host, figures in sorted(found.items())}


def disks(figures: Figures) -> dict[str, tuple[float, float]]:
    """Free and whole bytes by mount point, as far as the server says."""
    totals, free = figures.get("disk total"), figures.get("disk free")
    if not isinstance(totals, dict) or not isinstance(free, dict):
        return {}
    return {
        str(mount)[:60]: (left, total)
        for mount, total in totals.items()
        if isinstance(left := free.get(mount), int | float) and isinstance(total, int | float) and total > 0
    }


def state_of(figures: Figures) -> str:
    """ "full" (a disk), "busy" (the load), "unknown" (it says no load) or "well"."""
    if any(left < total * _TIGHT_AT for left, total in disks(figures).values()):
        return "full"
    load, cpus = figures.get("load one minute"), figures.get("number of cpus")
    if not isinstance(load, int | float):
        return "unknown"
    return "busy" if isinstance(cpus, int) and cpus > 0 and load > _BUSY_AT * cpus else "well"


_VERDICTS = {"full": Verdict.FAIL, "busy": Verdict.WARN, "unknown": Verdict.UNKNOWN, "well": Verdict.PASS}


def judged_server(host: str, figures: Figures) -> ServerState:
    """A server with a verdict and the sentence for it."""
    state = state_of(figures)
    return ServerState(host, _VERDICTS[state], _sentence(state, figures))


def _sentence(state: str, figures: Figures) -> Message:
    if state == "full":
        mount, (left, total) = min(disks(figures).items(), key=lambda disk: disk[1][0] / disk[1][1])
        return msg(
            "Of the disk {mount} only {percent} % are free.", mount=mount, percent=round(100 * left / total)
        )
    if state == "unknown":
        return msg("The server says nothing of its load.")
    waiting = {name: figures.get(f"queue count {name}") for name in ("delivery", "submission")}
    numbers = {name: n if isinstance(n, int) else "?" for name, n in waiting.items()}
    load = figures["load one minute"]
    if state == "busy":
        return msg(
            "The load is {load} on {cpus} processors; {delivery} incoming and {submission} outgoing messages wait.",
            load=load,
            cpus=figures["number of cpus"],
            **numbers,
        )
    return msg(
        "The load is {load}; {delivery} incoming and {submission} outgoing messages wait.",
        load=load,
        **numbers,
    )
