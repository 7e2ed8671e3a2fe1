"""The record of calls: who wants to know what went to the upstreams collects it here."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from app.core.model import Connection, Tls
from app.core.ports import CallRecord
from app.net.masking import Masker

log = logging.getLogger("gatehouse.net")

_LONGEST_CURL = 16_384
_collectors: ContextVar[tuple[list[CallRecord], ...]] = ContextVar("collectors", default=())


@contextmanager
def collect() -> Iterator[list[CallRecord]]:
    """Within the block every call of this context is appended to the list that is handed out.

    Blocks nest (an outer one sees the inner one's calls too). A worker thread takes part when it runs in a copy of the
    context (`contextvars.copy_context().run`).
    """
    mine: list[CallRecord] = []
    token = _collectors.set((*_collectors.get(), mine))
    try:
        yield mine
    finally:
        _collectors.reset(token)


def record(call: CallRecord) -> None:
    """Appends a call to every open collection and writes its log line."""
    for collector in _collectors.get():
        collector.append(call)
    log.log(
        logging.WARNING if call.problem else logging.INFO,
        "%s %s %s %s -> %s in %.0f ms, %d bytes, attempt %d%s",
        call.connection,
        call.call,
        call.method,
        call.url,
        call.status if call.status is not None else "no answer",
        call.ms,
        call.bytes,
        call.attempt,
        f": {call.problem}" if call.problem else "",
    )


def curl(
    connection: Connection,
    method: str,
    url: str,
    headers: list[tuple[str, str]],
    body: str | None,
    masker: Masker,
    *,
    basic: bool = False,
) -> str:
    """The request as a curl command line with variables in the place of secrets.

    `url`, header values and `body` hold the masker's marks. `basic`: it carries a user name and a password.
    """
    words = ["curl", "-g"]
    if method != "GET" or body is not None:
        words += ["-X", method]
    if connection.tls is Tls.OFF:
        words.append("-k")
    if connection.tls is Tls.CA_FILE:
        words += ["--cacert", masker.shell(connection.ca_file)]
    if basic:
        words += ["-u", '"$USER:$PASSWORD"']
    for name, value in headers:
        words += ["-H", masker.shell(f"{name}: {value}")]
    if body is not None:
        words += ["--data-raw", masker.shell(body)]
    words.append(masker.shell(url))
    line = " ".join(words)
    return line if len(line) <= _LONGEST_CURL else line[:_LONGEST_CURL] + "…"
