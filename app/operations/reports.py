"""What came of a command, as one sentence with the way on."""

from __future__ import annotations

from app.core.commands import as_undoer, may_wish
from app.core.plan import Link, Report, Tone
from app.core.text import Message, msg
from app.operations.executor import Execution


def report_of(execution: Execution, done: Message) -> Report:
    """The report of a command: `done` if all of it was, else what was done and what was not, with the way on."""
    outcomes = execution.outcomes
    if not outcomes:
        return Report(msg("Everything is already as you wish; nothing was sent."))
    good = [o for o in outcomes if not o.problem]
    warnings = [text for o in outcomes for text in o.warnings]
    links = [
        Link(msg("Undo"), "change.undo", {"id": o.change_id})
        for o in good[:1]
        if len(outcomes) == 1
        and o.step.inverse is not None
        and may_wish(as_undoer(execution.actor, o.step), o.step.inverse)
    ]
    if execution.error is None:
        text = (
            done
            if not warnings
            else msg("{text} The upstream adds: {warning}", text=done, warning=warnings[0])
        )
        return Report(text, Tone.OK, outcomes, tuple(links))
    text = msg(
        "{done} of {all} steps were done; then: {problem}",
        done=len(good),
        all=len(outcomes),
        problem=execution.error.message,
    )
    return Report(
        text,
        Tone.PARTIAL,
        outcomes,
        (Link(msg("See the steps"), "change.show", {"id": outcomes[0].change_id}),),
    )
