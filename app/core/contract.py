"""The shape of `contract.json`: an upstream's documented calls as data, for driver, console and tests."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Argument(BaseModel):
    """One argument of a call. `where`: query, path, body, form or header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: str = "string"
    required: bool = False
    where: str = "query"
    secret: bool = False
    meaning: str = ""
    choices: list[str] = Field(default_factory=list)
    default: str | None = None


class Call(BaseModel):
    """One documented call. `write`: it changes something upstream (whatever its HTTP method). `source`: the document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    group: str
    meaning: str
    method: str
    path: str
    write: bool
    arguments: list[Argument] = Field(default_factory=list)
    answer: str = ""
    source: str = ""
    certainty: str = ""
    repeat_safe: bool = False


class Contract(BaseModel):
    """All documented calls of one upstream."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    document: str
    calls: list[Call]
