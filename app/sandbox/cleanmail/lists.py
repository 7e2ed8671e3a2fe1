"""Lists: one filter, a sort, a page, the total, and six lists as a sheet (Cleanmail notes, 8)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from werkzeug.wrappers import Response

from app.sandbox.cleanmail.call import Call, answer
from app.sandbox.cleanmail.problems import invalid
from app.sandbox.cleanmail.records import Records, Row

EXCEL = "application/vnd.ms-excel"
PAGE = 40
LARGEST_PAGE = 500

Test = Callable[[Row], bool]
Value = Callable[[Records, Row], Any]
Filter = Callable[[Records, str], Test]


def column(name: str) -> Value:
    """Return the function that reads one field of a row."""
    return lambda _, row: row[name]


def exactly(name: str) -> Filter:
    """A filter that takes the exact value of a field, such as an id."""
    return lambda _, wanted: lambda row: row[name] == wanted


def same(value: Value) -> Filter:
    """A filter that takes the exact value, in any letter case."""
    return lambda records, wanted: lambda row: _text(value(records, row)) == wanted.lower()


def pattern(*values: Value) -> Filter:
    """A filter on names and addresses: ``*`` at the start, the end or both, in any letter case."""

    def build(records: Records, wanted: str) -> Test:
        matches = matcher(wanted)
        return lambda row: any(matches(_text(value(records, row))) for value in values)

    return build


def contains(*values: Value) -> Filter:
    """A filter that finds a text inside one of several values."""
    inside = pattern(*values)
    return lambda records, wanted: inside(records, f"*{wanted.strip('*')}*")


def matcher(wanted: str) -> Callable[[str], bool]:
    """Return the test of a pattern on a text in lower case; a ``*`` inside the pattern is literal."""
    text = wanted.lower()
    start, end = text.startswith("*"), text.endswith("*") and len(text) > 1
    part = text[start : len(text) - end]
    if start and end:
        return lambda found: part in found
    if start:
        return lambda found: found.endswith(part)
    if end:
        return lambda found: found.startswith(part)
    return lambda found: found == part


def _text(value: Any) -> str:
    return "" if value is None else str(value).lower()


@dataclass(frozen=True)
class Listing:
    """What one list can do: its sort keys, the first being the default, and its filters by parameter.

    A sort key is a field of the row unless ``values`` says how to compute it. Every list sorts by ``id`` too, which
    is the order of creation.
    """

    sorts: tuple[str, ...]
    filters: Mapping[str, Filter] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The query parameters that the list takes."""
        return ("sort", "offset", "pageSize", *self.filters)


def respond(call: Call, rows: Sequence[Row], listing: Listing, view: Callable[[Row], Any]) -> Response:
    """Return the page that was asked for, of these rows in order of creation."""
    offset, size = window(call)
    found = _filtered(call, rows, listing)
    ordered = _sorted(call, found, listing)
    if call.excel:
        return _sheet([view(row) for row in ordered])
    page = [view(row) for row in ordered[offset : offset + size]]
    return counted(page, len(ordered))


def counted(page: list[Any], total: int) -> Response:
    """Return a page with the total of the whole list."""
    return answer(page, X_Total_Count=str(total), Access_Control_Expose_Headers="X-Total-Count")


def window(call: Call) -> tuple[int, int]:
    """Return the offset and the page size that were asked for; raise 400."""
    offset = _whole(call, "offset", 0, least=0)
    return offset, min(_whole(call, "pageSize", PAGE, least=1), LARGEST_PAGE)


def _whole(call: Call, name: str, default: int, *, least: int) -> int:
    text = call.query(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= least):
        raise invalid(f"'{name}' must be a whole number from {least}.")
    return int(text)


def _filtered(call: Call, rows: Sequence[Row], listing: Listing) -> Sequence[Row]:
    given = [name for name in listing.filters if call.query(name) is not None]
    if len(given) > 1:
        raise invalid(f"Only one filter is allowed, not {' and '.join(given)}.")
    if not given:
        return rows
    test = listing.filters[given[0]](call.records, call.query(given[0]) or "")
    return [row for row in rows if test(row)]


def _sorted(call: Call, rows: Sequence[Row], listing: Listing) -> Sequence[Row]:
    asked = call.query("sort") or listing.sorts[0]
    key, backwards = asked.removeprefix("-"), asked.startswith("-")
    if key != "id" and key not in listing.sorts:
        raise invalid(f"'{key}' is no field to sort by.")
    if key == "id":
        return rows[::-1] if backwards else rows
    value = listing.values.get(key, column(key))
    return sorted(rows, key=lambda row: order(value(call.records, row)), reverse=backwards)


def order(value: Any) -> tuple[bool, Any]:
    """Return a sort key: what is missing first, texts without regard to letter case."""
    if value is None:
        return (False, "")
    return (True, value.lower() if isinstance(value, str) else value)


def _sheet(items: list[dict[str, Any]]) -> Response:
    """Return all items as a sheet: the header row is the keys, what is nested stands as JSON text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("export")
    header = list(items[0]) if items else []
    sheet.append(header)
    for item in items:
        sheet.append([_cell(sheet, item[key]) for key in header])
    buffer = io.BytesIO()
    book.save(buffer)
    headers = {"Content-Disposition": 'attachment; filename="export.xlsx"', "X-Total-Count": str(len(items))}
    return Response(buffer.getvalue(), 200, headers, content_type=EXCEL)


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    return cell
