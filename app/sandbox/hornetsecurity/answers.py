"""The forms of successful answers other than a JSON body with status 200."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from werkzeug.wrappers import Response


def json_answer(value: Any, status: int = 200) -> Response:
    """Return a JSON answer."""
    return Response(json.dumps(value), status, mimetype="application/json")


def created(value: Any) -> Response:
    """Return 201 with the new thing."""
    return json_answer(value, 201)


def no_content(status: int = 204) -> Response:
    """Return an answer without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def html(text: str) -> Response:
    """Return an HTML page."""
    return Response(text, mimetype="text/html")


def plain(text: str) -> Response:
    """Return a line of text."""
    return Response(text, mimetype="text/plain")


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a CSV download, or 204 when there is nothing to export."""
    lines = list(rows)
    if not lines:
        return no_content()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(lines)
    headers = {"Content-Disposition": 'attachment; filename="export.csv"'}
    return Response(text.getvalue(), headers=headers, mimetype="text/csv")


def export(export_type: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return what an ``_export`` call answers: the file, or 204 when it goes out by mail."""
    return no_content() if export_type.endswith("email") else csv_file(columns, rows)
