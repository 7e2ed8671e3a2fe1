"""The import of a file: a dry run that waits as a job, with what is wrong in which row; then its good rows go ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.core.actor import Actor, Right
from app.core.capabilities import Capability, Card, require
from app.core.errors import GatehouseError, Invalid, NotFound
from app.core.model import Connection
from app.core.plan import Report, Tone
from app.core.ports import Connections, Feedback, Inventory, ItemState, Jobs, NewItem
from app.core.text import Message, msg
from app.features.bulk.files import COLUMNS, OPTION, ReadRow, cells_of, read_rows
from app.operations.executor import check_limits
from app.operations.pool import DriverPool


@dataclass(frozen=True, slots=True)
class Imported:
    """The job that waits, and how many of its rows are good and bad."""

    job_id: int
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class Rejects:
    """The rows of an import that were not added: columns that the import reads again, and why each was not added."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[str, ...]]


class ImportService:
    """The use cases around imports."""

    def __init__(
        self,
        inventory: Inventory,
        connections: Connections,
        pool: DriverPool,
        jobs: Jobs,
        feedback: Feedback,
    ) -> None:
        self._inventory = inventory
        self._connections = connections
        self._pool = pool
        self._jobs = jobs
        self._feedback = feedback

    def targets(self, actor: Actor) -> list[Connection]:
        """The connections that rows may go to."""
        actor.require(Right.IMPORT)
        return [c for c in self._connections.visible(actor) if c.enabled]

    def dry_run(self, actor: Actor, name: str, data: bytes, connection: str, request_key: str) -> Imported:
        """Reads and checks a file without sending anything; its job waits for "Resume".

        Raises Invalid for a file that cannot be read at all. Bad rows are items that have failed already, with row and
        columns; a domain that the inventory has already is a bad row too.
        """
        actor.require(Right.IMPORT)
        actor.require(Right.CHANGE_DOMAINS)
        cards = self._pool.cards(self.targets(actor))
        rows = list(read_rows(name, data, connection))
        if not rows:
            raise Invalid({"file": msg("The file has no rows below its head.")})
        known = self._known(actor, rows)
        items = [self._item(actor, row, cards, known) for row in rows]
        good = sum(item.state is ItemState.QUEUED for item in items)
        title = msg(
            "Import {name}: {good} good rows, {bad} bad", name=name[:80], good=good, bad=len(items) - good
        )
        keys = sorted({row.command.connection for row in rows if row.command is not None})
        options = sorted({column for row in rows for column in row.cells if column.startswith(OPTION)})
        params = {"connections": keys, "columns": [*COLUMNS, *options]}
        job_id = self._jobs.create(
            actor, "import", title, items, params=params, request_key=request_key, held=True
        )
        text = msg(
            "Nothing was sent yet. {good} rows can be added, {bad} cannot.", good=good, bad=len(items) - good
        )
        self._feedback.show(Report(text, Tone.PARTIAL if good < len(items) else Tone.OK))
        return Imported(job_id, good, len(items) - good)

    def rejects(self, actor: Actor, job_id: int) -> Rejects:
        """Every row that was not added, to be mended and imported again. Raises NotFound."""
        actor.require(Right.IMPORT)
        job = self._jobs.get(actor, job_id)
        if job is None or job.kind != "import":
            raise NotFound(msg("There is no import {id}.", id=job_id))
        columns = tuple(job.params.get("columns", COLUMNS))
        return Rejects((*columns, "problem"), self._rejected(job_id, columns))

    def _rejected(self, job_id: int, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        after = 0
        while True:
            items = self._jobs.items(
                job_id, states=(ItemState.FAILED, ItemState.UNKNOWN), after_no=after, size=500
            )
            for item in items:
                cells = cells_of(item.command)
                yield (*(cells.get(column, "") for column in columns), str(item.result or ""))
            if len(items) < 500:
                return
            after = items[-1].no

    def _known(self, actor: Actor, rows: Sequence[ReadRow]) -> set[tuple[str, str]]:
        """Which of the wished domains the inventory has already."""
        wished = [(row.command.connection, row.command.domain) for row in rows if row.command is not None]
        return {(row.connection, row.name) for row in self._inventory.find(actor, wished)}

    def _item(
        self, actor: Actor, row: ReadRow, cards: dict[str, Card], known: Iterable[tuple[str, str]]
    ) -> NewItem:
        problem = self._refusal(actor, row, cards, known)
        if row.command is None or problem is not None:
            text = problem or row.problem
            command = {"row": row.number, "problem": text.to_json(), "cells": dict(row.cells)}
            return NewItem(row.subject, command, ItemState.FAILED, text)
        expected_new = row.command.model_copy(update={"check_first": False})
        return NewItem(row.command.domain, expected_new.to_json())

    def _refusal(
        self, actor: Actor, row: ReadRow, cards: dict[str, Card], known: Iterable[tuple[str, str]]
    ) -> Message | None:
        """Why a row that is well formed cannot be added all the same."""
        command = row.command
        if command is None:
            return row.problem
        card = cards.get(command.connection)
        if card is None or not actor.sees(command.connection, command.domain):
            return _at(row, "connection", msg("There is no connection “{key}”.", key=command.connection))
        if (command.connection, command.domain) in known:
            return _at(row, "domain", msg("It is there already."))
        try:
            require(card, command.capability)
            if command.routes:
                require(card, Capability.ROUTES_WRITE)
            if command.aliases:
                require(card, Capability.ALIASES_WRITE)
            check_limits(card, command)
        except GatehouseError as error:
            return _at(row, "connection", error.message)
        return None


def _at(row: ReadRow, column: str, text: Message) -> Message:
    return msg("Row {number}: {column}: {text}", number=row.number, column=column, text=text)
