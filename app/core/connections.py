"""Connections as people describe them: in the form, over REST, or in a file that is deployed from git."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.core.capabilities import Card
from app.core.commands import problems_of
from app.core.errors import Invalid
from app.core.model import Connection, FieldKind, Tls
from app.core.names import NameProblem, PlainText, host_name, port_number
from app.core.secret import Secret
from app.core.text import Message, msg

_KEY = re.compile(r"^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$")


def base_url(text: str) -> str:
    """An upstream's address without a slash at its end. Raises NameProblem: no http(s), no host, user or query in it."""
    text = text.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise NameProblem(msg("This is not a web address.")) from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NameProblem(msg("Give the full address, for example https://filter.example.org."))
    if parts.username is not None or parts.password is not None:
        raise NameProblem(
            msg("Leave user name and password out of the address; they have fields of their own.")
        )
    if parts.query or parts.fragment:
        raise NameProblem(msg("Leave out everything from the “?” or “#” on."))
    host = host_name(parts.hostname)
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port_number(port)}" if port is not None else "")
    return f"{parts.scheme}://{netloc}{parts.path}"


def resolver(text: str) -> str:
    """A name server as `IP` or `IP:port`. Raises NameProblem."""
    text = text.strip()
    host, port = text, ""
    if text.startswith("[") or text.count(":") == 1:
        host, _, port = text.rpartition(":")
        if not host:
            host, port = text, ""
    host = host_name(host)
    if not re.fullmatch(r"[0-9.]+|[0-9a-f:]+", host):
        raise NameProblem(msg("Name servers are given as IP addresses."))
    if not port:
        return host
    return f"[{host}]:{port_number(port)}" if ":" in host else f"{host}:{port_number(port)}"


def connection_key(text: str) -> str:
    """A connection's short name: lower-case letters, digits and hyphens, 48 at most. Raises NameProblem."""
    key = text.strip().lower()
    if not _KEY.match(key):
        raise NameProblem(msg("Use lower-case letters, digits and hyphens only, 48 at most."))
    return key


def key_from_name(name: str) -> str:
    """A short name made of a connection's name ("Cleanmail · prod" -> "cleanmail-prod")."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:48].strip("-") or "connection"


class ConnectionInput(BaseModel):
    """Everything a person says of a connection but the fields of the provider's card, which are in `values`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: Annotated[str, AfterValidator(connection_key)]
    kind: PlainText = Field(min_length=1)
    name: PlainText = Field(min_length=1, max_length=80)
    base_url: Annotated[str, AfterValidator(base_url)]
    values: dict[str, Secret] = Field(default_factory=dict)
    tls: Tls = Tls.SYSTEM
    ca_file: PlainText = Field(default="", max_length=500)
    connect_timeout: float = Field(default=5.0, ge=0.1, le=60)
    read_timeout: float = Field(default=30.0, ge=0.1, le=300)
    write_timeout: float = Field(default=90.0, ge=0.1, le=600)
    parallel: int = Field(default=8, ge=1, le=64)
    per_second: float = Field(default=50.0, gt=0, le=10000)
    body_cap: int = Field(default=32 * 1024 * 1024, ge=64 * 1024, le=1024 * 1024 * 1024)
    resolvers: list[Annotated[str, AfterValidator(resolver)]] = Field(default_factory=list, max_length=8)
    enabled: bool = True


def build_connection(
    data: Mapping[str, Any],
    cards: Mapping[str, Card],
    *,
    before: Connection | None = None,
    declared: bool = False,
    demo: bool = False,
) -> Connection:
    """A connection from what a person entered. A secret left empty keeps its value of `before`,
    unless the address leads to another host, port or scheme than before.

    Raises Invalid with one problem per field; fields of the card are named "values.<name>".
    """
    try:
        given = ConnectionInput.model_validate(dict(data))
    except ValidationError as error:
        raise Invalid(problems_of(error)) from error
    card = cards.get(given.kind)
    if card is None:
        kinds = ", ".join(sorted(cards))
        raise Invalid(
            {"kind": msg("There is no provider “{kind}”; known are {kinds}.", kind=given.kind, kinds=kinds)}
        )
    problems: dict[str, Message] = {}
    values = _values(card, given, before, problems)
    if given.tls is Tls.CA_FILE and not given.ca_file:
        problems["ca_file"] = msg("Name the file with the certificate authority.")
    if given.tls is Tls.CA_FILE and given.ca_file and not Path(given.ca_file).is_file():
        problems["ca_file"] = msg("There is no such file on this machine.")
    if problems:
        raise Invalid(problems)
    fields = given.model_dump(exclude={"values", "resolvers"})
    connection = Connection(
        **fields, values=values, resolvers=tuple(given.resolvers), declared=declared, demo=demo
    )
    return with_version(connection)


def _values(
    card: Card, given: ConnectionInput, before: Connection | None, problems: dict[str, Message]
) -> dict[str, str | Secret]:
    """The values of the card's fields; unknown ones and missing needed ones go to `problems`."""
    for name in given.values.keys() - {setting.name for setting in card.settings}:
        problems[f"values.{name}"] = msg("{provider} has no such field.", provider=card.label)
    values: dict[str, str | Secret] = {}
    for setting in card.settings:
        text = given.values[setting.name].reveal().strip() if setting.name in given.values else ""
        if setting.kind is FieldKind.SECRET and not text and before is not None:
            text = before.value(setting.name)
            if text and _origin(before.base_url) != _origin(given.base_url):
                problems[f"values.{setting.name}"] = msg(
                    "The address leads elsewhere now: enter this again, so that nobody learns it by changing the address."
                )
                continue
        text = text or setting.default
        if setting.required and not text:
            problems[f"values.{setting.name}"] = msg("This is needed.")
        if any(unicodedata.category(c) == "Cc" for c in text):
            problems[f"values.{setting.name}"] = msg("This contains a control character.")
        if setting.choices and text and text not in {choice for choice, _ in setting.choices}:
            problems[f"values.{setting.name}"] = msg("This is not one of the choices.")
        if text:
            values[setting.name] = Secret(text) if setting.kind is FieldKind.SECRET else text
    _check_apis(card, given, values, problems)
    return values


def _check_apis(
    card: Card, given: ConnectionInput, values: dict[str, str | Secret], problems: dict[str, Message]
) -> None:
    """Whether one API at least has all its credentials and none has a part of them.

    A kept secret whose user name was emptied goes: that is how a person takes an API away from a connection.
    """
    entered = {name for name, secret in given.values.items() if secret.reveal().strip()}
    for api in card.apis:
        if not entered.intersection(api.settings):
            for name in api.settings:
                values.pop(name, None)
        lacking = [name for name in api.settings if name not in values]
        if len(lacking) < len(api.settings):
            text = msg("This is needed too, or leave all fields of the {api} empty.", api=api.name)
            problems.update({f"values.{name}": text for name in lacking if f"values.{name}" not in problems})
    if card.apis and not any(name in values for api in card.apis for name in api.settings):
        names = ", ".join(api.name for api in card.apis)
        text = msg("Fill in the fields of one of these at least: {apis}.", apis=names)
        for api in card.apis:
            problems.setdefault(f"values.{api.settings[0]}", text)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def with_version(connection: Connection) -> Connection:
    """The connection with a version made of its content (secrets count, and cannot be read back from it)."""
    data = asdict(replace(connection, version="", values={}))
    data["values"] = {name: connection.value(name) for name in connection.values}
    text = json.dumps(data, sort_keys=True, default=str)
    return replace(connection, version=hashlib.sha256(text.encode()).hexdigest()[:16])


def read_declared(path: Path, cards: Mapping[str, Card], *, demo: bool = False) -> list[Connection]:
    """The connections of a file (TOML or JSON), read-only in the pages.

    TOML: one `[[connection]]` table each with the fields of ConnectionInput, secrets under `[connection.values]`. Instead of a
    value, `<name>_file` names a file that holds it and `<name>_env` a variable. JSON: {"connection": [...]}.
    Raises Invalid that names file, entry and field.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise Invalid({str(path): msg("The file cannot be read: {why}", why=str(error)[:200])}) from error
    entries = data.get("connection", []) if isinstance(data, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Invalid({str(path): msg("A list of tables named “connection” is expected.")})
    found: dict[str, Connection] = {}
    for number, entry in enumerate(entries, 1):
        try:
            connection = build_connection(_resolved(entry), cards, declared=True, demo=demo)
        except Invalid as error:
            where = f"{path.name}, connection {number} ({entry.get('key', '?')})"
            raise Invalid({f"{where}: {field}": text for field, text in error.fields.items()}) from error
        if connection.key in found:
            raise Invalid({str(path): msg("The key “{key}” is there twice.", key=connection.key)})
        found[connection.key] = connection
    return list(found.values())


def _resolved(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The entry with `<name>_file` and `<name>_env` replaced by what they name, and a key made if there is none."""
    values: dict[str, Any] = {}
    for name, value in dict(entry.get("values", {})).items():
        if name.endswith("_file"):
            try:
                values[name.removesuffix("_file")] = Path(str(value)).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise Invalid(
                    {f"values.{name}": msg("The file cannot be read: {why}", why=str(error)[:200])}
                ) from error
        elif name.endswith("_env"):
            if str(value) not in os.environ:
                raise Invalid({f"values.{name}": msg("The variable {name} is not set.", name=str(value))})
            values[name.removesuffix("_env")] = os.environ[str(value)]
        else:
            values[name] = value
    result = {**entry, "values": values}
    result.setdefault("key", key_from_name(str(entry.get("name", ""))))
    return result
