"""Files of domains: read from CSV or XLSX, with the row and the column of every problem."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.core.commands import AddDomain, parse
from app.core.errors import Invalid
from app.core.model import Route
from app.core.names import NameProblem, display
from app.core.routes import format_routes, parse_routes
from app.core.text import Message, msg

COLUMNS = ("connection", "domain", "aliases", "routes")
ONLY_EXPORTED = ("status", "mailboxes", "read_at", "changed_at", "problem")
OPTION = "option."
MOST_ROWS = 20_000
MOST_BYTES = 10 * 1024 * 1024
MOST_UNPACKED = 200 * 1024 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_TOO_LONG = msg("There are more cells than columns in the first row. Put a list of several into quotes.")
# A broken workbook makes its reader fail in whatever way it is broken.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    EOFError,
    OSError,
)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row of a file: its number there (the head is 1), its cells by column, and its command or its problems by column."""

    number: int
    cells: Mapping[str, str]
    command: AddDomain | None
    problems: Mapping[str, Message]

    @property
    def subject(self) -> str:
        """What the row is about."""
        return (self.cells.get("domain") or "").strip()[:253] or f"row {self.number}"

    @property
    def problem(self) -> Message:
        """All problems as one text: row, columns, reasons."""
        parts = [f"{column}: {text}" if column else str(text) for column, text in self.problems.items()]
        return msg("Row {number}: {problems}", number=self.number, problems="; ".join(parts))


def read_rows(name: str, data: bytes, connection: str) -> Iterator[ReadRow]:
    """The rows of a file, checked one by one. `connection` is for rows that name none.

    Raises Invalid on the field "file" for what is no such file at all: unreadable, too large, without the column
    "domain", with columns that are not known.
    """
    if len(data) > MOST_BYTES:
        raise Invalid({"file": msg("The file is larger than 10 MB. Split it.")})
    table = _xlsx(data) if data[:2] == b"PK" else _csv(data)
    head = [str(cell).strip().lower() for cell in next(table, [])]
    _check_head(head, name)
    seen: dict[tuple[str, str], int] = {}
    for number, cells in enumerate(table, 2):
        if number > MOST_ROWS + 1:
            raise Invalid({"file": msg("More than {most} rows. Split the file.", most=MOST_ROWS)})
        row = {column: cell for column, cell in zip(head, cells, strict=False) if column}
        if any(cell.strip() for cell in cells[len(head) :]):
            yield ReadRow(number, row, None, {"": _TOO_LONG})
        elif any(cell.strip() for cell in row.values()):
            yield _checked(number, row, connection, seen)


def _check_head(head: Sequence[str], name: str) -> None:
    if "domain" not in head:
        raise Invalid(
            {"file": msg("{name} has no column “domain” in its first row.", name=name[:80] or "The file")}
        )
    known = {*COLUMNS, *ONLY_EXPORTED}
    strange = [column for column in head if column and column not in known and not column.startswith(OPTION)]
    if strange:
        raise Invalid(
            {"file": msg("These columns are not known: {columns}.", columns=", ".join(strange)[:200])}
        )
    if len(set(filter(None, head))) != len([column for column in head if column]):
        raise Invalid({"file": msg("A column is named twice.")})


def _checked(
    number: int, row: Mapping[str, str], connection: str, seen: dict[tuple[str, str], int]
) -> ReadRow:
    """The row with its command, or with what is wrong in which column."""
    cells = {column: _unescaped(cell).strip() for column, cell in row.items()}
    try:
        routes = parse_routes(cells.get("routes", ""))
    except NameProblem as problem:
        return ReadRow(number, cells, None, {"routes": problem.message})
    data: dict[str, Any] = {
        "connection": cells.get("connection") or connection,
        "domain": cells.get("domain", ""),
        "aliases": [part for part in re.split(r"[,;\s]+", cells.get("aliases", "")) if part],
        "routes": [{"host": route.host, "port": route.port or 25} for route in routes],
        "options": {
            c.removeprefix(OPTION): cell for c, cell in cells.items() if c.startswith(OPTION) and cell
        },
    }
    try:
        command = parse(AddDomain, data)
    except Invalid as error:
        return ReadRow(number, cells, None, {path.split(".")[0]: text for path, text in error.fields.items()})
    first = seen.setdefault((command.connection, command.domain), number)
    if first != number:
        return ReadRow(number, cells, None, {"domain": msg("It stands in row {row} already.", row=first)})
    return ReadRow(number, cells, command, {})


def cells_of(stored: Mapping[str, Any]) -> Mapping[str, str]:
    """The cells of a row as it waits in a job: those of the file where it was bad, else those its command says."""
    if "cells" in stored:
        return dict(stored["cells"])
    routes = (Route(route["host"], route.get("port", 25)) for route in stored.get("routes", ()))
    options = {f"{OPTION}{name}": value for name, value in stored.get("options", {}).items()}
    return {
        "connection": stored.get("connection", ""),
        "domain": display(stored.get("domain", "")),
        "aliases": ", ".join(display(alias) for alias in stored.get("aliases", ())),
        "routes": format_routes(tuple(routes)),
        **options,
    }


def _csv(data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(
            {"file": msg("The file is neither XLSX nor text in UTF-8. Save it as “CSV UTF-8”.")}
        ) from error
    if "\x00" in text:
        raise Invalid({"file": msg("The file is neither XLSX nor text.")})
    first = text.split("\n", 1)[0]
    delimiter = max((",", ";", "\t"), key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except csv.Error as error:
        raise Invalid({"file": msg("The CSV cannot be read: {why}", why=str(error)[:200])}) from error


def _xlsx(data: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(item.file_size for item in packed.infolist()) > MOST_UNPACKED:
                raise Invalid({"file": msg("The workbook is too large when unpacked.")})
        sheet = load_workbook(io.BytesIO(data), read_only=True, data_only=True).active
        if sheet is None:
            return
        for row in sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2, max_col=50):
            yield ["" if cell is None else str(cell) for cell in row]
    except _BROKEN as error:
        raise Invalid({"file": msg("The workbook cannot be read; save it as XLSX again.")}) from error


def _unescaped(cell: str) -> str:
    """A cell without the apostrophe that an export put in front of it."""
    return cell[1:] if cell.startswith("'") and cell[1:2] in _FORMULA else cell
