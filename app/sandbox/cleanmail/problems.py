"""Refusals of the API and their body (the manual shows none; Cleanmail notes, 3, settle it)."""

from __future__ import annotations

import json
from http import HTTPStatus

from werkzeug.wrappers import Response


class Problem(Exception):
    """A request that cannot be fulfilled: an HTTP status and a sentence for people."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def response(self, path: str) -> Response:
        """Return the answer for the request of that path; a 401 names the scheme to sign in with."""
        body = {
            "status": self.status,
            "error": HTTPStatus(self.status).phrase,
            "message": self.message,
            "path": path,
        }
        headers = {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}
        return Response(json.dumps(body), self.status, headers, mimetype="application/json")


def invalid(message: str) -> Problem:
    """400: a parameter or a field has the wrong form."""
    return Problem(400, message)


def denied(message: str = "You do not have permission to execute this request.") -> Problem:
    """403: the account lacks the permission or the role."""
    return Problem(403, message)


def missing(message: str) -> Problem:
    """404: no such thing."""
    return Problem(404, message)


def taken(message: str) -> Problem:
    """409: something of that name or content is there already."""
    return Problem(409, message)


def unmet(message: str) -> Problem:
    """422: the manual's "operation cannot be done because of not met conditions"."""
    return Problem(422, message)
