"""What was found out, as a text for a ticket: plain or Markdown, times in UTC and in the reader's zone, nothing of the mail
beyond its subject."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.decision import Ending
from app.core.text import Message, msg
from app.features.lookup.service import Answer, Found

_MARKS = {Ending.ON: "+", Ending.STOP: "x", Ending.CARE: "!", Ending.UNKNOWN: "?"}
_SPECIAL = "\\`*_[]<>#|~"


@dataclass(frozen=True, slots=True)
class Words:
    """How a ticket says things: messages in the reader's language, moments in the reader's zone."""

    say: Callable[[Message], str]
    local: Callable[[datetime], str]


def ticket(found: Found, now: datetime, words: Words, *, markdown: bool = False) -> str:
    """The text. What others wrote (subjects, addresses) is escaped in Markdown and kept to one line."""
    return "\n".join(_lines(found, now, words, markdown=markdown)).strip() + "\n"


def _lines(found: Found, now: datetime, words: Words, *, markdown: bool) -> Iterator[str]:
    question, say = found.question, words.say

    def safe(text: str) -> str:
        plain = "".join(c if c.isprintable() else " " for c in text)[:300]
        return "".join(f"\\{c}" if c in _SPECIAL else c for c in plain) if markdown else plain

    def head(text: str) -> str:
        return f"## {text}" if markdown else f"{text}\n{'-' * len(text)}"

    def line(text: str) -> str:
        return f"- {text}"

    yield head(say(msg("Where is the mail?")))
    yield line(say(msg("From: {sender}", sender=safe(question.sender) or "?")))
    yield line(say(msg("To: {recipient}", recipient=safe(question.recipient))))
    if question.subject:
        yield line(say(msg("Subject: {subject}", subject=safe(question.subject))))
    if question.message_id:
        yield line(say(msg("Message id: {id}", id=safe(question.message_id))))
    yield line(say(msg("Looked up: {when}", when=_when(now, words))))
    yield line(say(msg("{count} of {all} sources answered", count=found.answered, all=len(found.targets))))
    for answer in found.answers:
        yield ""
        yield from _answer(answer, words, safe, head, line)


def _answer(
    answer: Answer,
    words: Words,
    safe: Callable[[str], str],
    head: Callable[[str], str],
    line: Callable[[str], str],
) -> Iterator[str]:
    say, target = words.say, answer.target
    yield head(f"{safe(target.connection.name)}: {safe(target.row.name)}")
    for problem in answer.problems:
        yield line(say(msg("Not answered: {problem}", problem=safe(say(problem)))))
    for step in answer.steps:
        ours = f" ({say(msg('our reading'))})" if step.ours else ""
        text = f": {safe(say(step.text))}" if step.text else ""
        yield line(f"[{_MARKS[step.ending]}] {safe(say(step.title))}{text}{ours}")
    for mails in answer.mails:
        if mails.problem is not None:
            yield line(f"{say(mails.source.label)}: {safe(say(mails.problem))}")
        for item in mails.rows:
            when = _when(item.at, words) if item.at else "?"
            score = "" if item.score is None else f" {item.score:g}"
            state = f"{say(item.mail_class.label)}{score}, {say(item.state.label)}"
            yield line(
                f"{say(mails.source.label)}: {when}: {safe(item.sender)}: {safe(item.subject)} ({state})"
            )


def _when(when: datetime, words: Words) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC ({words.local(when)})"
