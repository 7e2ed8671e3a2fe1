"""Tables as files: CSV in pieces, XLSX row by row; no cell becomes a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

from flask import Response, send_file, stream_with_context
from openpyxl import Workbook

from app.web.render import formula_safe

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PIECE = 32_000  # characters of CSV that are sent at once
_IN_MEMORY = 2_000_000  # bytes of a workbook that are not yet worth a file


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """The rows as a CSV download, sent while they are read; what the first row raises becomes an error page."""
    rows = iter(rows)
    begun = chain(list(islice(rows, 1)), rows)
    answer = Response(stream_with_context(_csv(head, begun)), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    return answer


def xlsx_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """The rows as a workbook download; it is made in a temporary file."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Gatehouse")
    sheet.append(list(head))
    for row in rows:
        sheet.append([_cell(cell) for cell in row])
    target = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  closed when it was sent
    book.save(target)
    target.seek(0)
    return send_file(target, mimetype=XLSX, as_attachment=True, download_name=name)


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(head)
    for row in rows:
        writer.writerow([formula_safe(cell) for cell in row])
        if buffer.tell() > _PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _cell(cell: Any) -> Any:
    """A cell without the control characters that a workbook cannot hold."""
    if not isinstance(cell, str):
        return cell
    return formula_safe("".join(c for c in cell if c in "\t\n\r" or ord(c) >= 32))
