"""The shape of `contract.json`: an upstream's documented calls as data, for driver, console and tests."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Argument(BaseModel):
    """One argument of a call. `where`: query, path, body, form, header, or pair (its name and value are two segments at the
    end of the path); `warning`: what to think of before it is given; `private`: what somebody wrote to somebody, which no
    record of a call keeps.

    `kind`: string, secret, choice, date-time, integer, number, boolean, flag (given or not, as a header), json, object, file,
    or a list: "list" (of texts), "list of strings", "list of integers", "list of objects".
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    kind: str = "string"
    required: bool = False
    where: str = "query"
    secret: bool = False
    private: bool = False
    meaning: str = ""
    choices: list[str] = Field(default_factory=list)
    default: str | None = None
    warning: str = ""

    @property
    def hidden(self) -> bool:
        """Its value is shown nowhere."""
        return self.secret or self.kind == "secret"

    @property
    def unrecorded(self) -> bool:
        """Its value stands in no journal, log or command line."""
        return self.hidden or self.private

    @property
    def whole(self) -> bool:
        """It is the whole body: `*`, or `body` where that is JSON and no key of an object."""
        return self.where == "body" and (self.name == "*" or (self.name == "body" and self.kind == "json"))


class Call(BaseModel):
    """One documented call. `write`: it changes something upstream (whatever its HTTP method). `source`: the document.

    `role`: the role that its credentials need, where not all of them will do; `api`: the API that it belongs to, where the
    upstream has several; `console_only`: why no page of its own leads to it, where that is meant so.
    """

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
    role: str = ""
    api: str = ""
    console_only: str = ""

    @property
    def hidden(self) -> list[str]:
        """The names of the arguments that are shown nowhere."""
        return [argument.name for argument in self.arguments if argument.hidden]

    @property
    def unrecorded(self) -> list[str]:
        """The names of the arguments that no record of a call keeps."""
        return [argument.name for argument in self.arguments if argument.unrecorded]

    def by_name(self) -> dict[str, Argument]:
        """Its arguments by name, in their order; of one that stands in two places the first."""
        found: dict[str, Argument] = {}
        for argument in self.arguments:
            found.setdefault(argument.name, argument)
        return found


class Contract(BaseModel):
    """All documented calls of one upstream."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    document: str
    calls: list[Call]

    def find(self, name: str) -> Call | None:
        """The call of that name."""
        return next((call for call in self.calls if call.name == name), None)
