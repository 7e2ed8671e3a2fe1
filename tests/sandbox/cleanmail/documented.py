"""The manual's exchanges and the OpenAPI document made from it, as data for the tests."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema_rs

_HERE = Path(__file__).parent

DOCUMENT: dict[str, Any] = json.loads((_HERE / "openapi.json").read_text())


def exchanges() -> list[dict[str, Any]]:
    """All documented exchanges, in the order of their names."""
    return [json.loads(path.read_text()) for path in sorted((_HERE / "exchanges").glob("*.json"))]


def operations() -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation by its name."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }


def answer_schema(name: str, status: int) -> dict[str, Any] | None:
    """The schema of an operation's JSON answer with that status, None where it has no JSON body.

    Raises ``KeyError`` for a status that the document does not know for the operation.
    """
    responses = operations()[name][2]["responses"]
    response = responses.get(str(status)) or responses[f"{status // 100}XX"]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    found: dict[str, Any] | None = response.get("content", {}).get("application/json", {}).get("schema")
    return found


@functools.cache
def _validator(schema: str) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for({**json.loads(schema), "components": DOCUMENT["components"]})


def errors(schema: dict[str, Any], value: Any) -> list[str]:
    """What does not fit the schema."""
    return [error.message for error in _validator(json.dumps(schema)).iter_errors(value)]
