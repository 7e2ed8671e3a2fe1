"""The SMTP sink: mail hosts that behave as their name in ``company.HOSTS`` says, all on one port. It keeps no mail.

============ ==========================================================================================
good         STARTTLS with a certificate for the host; accepts ``postmaster`` at any domain and the people
             of the demo company, refuses other people (550 5.1.1) and other domains (554 5.7.1)
slow         like good, but every reply takes its time
refusing     says 554 instead of a greeting
rejecting    refuses every recipient
expired      like good, with a certificate that has ended
wrong-name   like good, with a certificate for another host
open-relay   accepts every recipient
no-starttls  like good, without STARTTLS
============ ==========================================================================================
"""

from __future__ import annotations

import re
import socket
import ssl
import sys
import time
from collections import Counter
from collections.abc import Iterator

from app.sandbox.company import FILTER_HOSTS, HOSTS, Behaviour, Host, firm_of
from app.sandbox.listening import LOOPBACK, Listeners, listen
from app.sandbox.tls import Authority

MAX_LINE = 2048
MAX_MESSAGE = 20 << 20

_ADDRESS = re.compile(r"(?:FROM|TO):\s*<([^<>]*)>", re.IGNORECASE)


class Hangup(Exception):
    """The session is over."""


class Sink:
    """Listens on every address of the demo's hosts. ``slow_seconds``: how long a slow host takes for a reply."""

    def __init__(self, authority: Authority, slow_seconds: float = 3.0) -> None:
        self.slow_seconds = slow_seconds
        self.accepted: Counter[str] = Counter()
        """How many messages were taken (and thrown away), by host name."""
        self._authority = authority
        self._contexts = {host.name: self._context(host) for host in HOSTS}

    def listen(self, listeners: Listeners, local: socket.socket) -> None:
        """Serve on the bound local socket and on the same port of every host's address.

        An address that the system refuses is skipped with a message.
        """
        port = local.getsockname()[1]
        listeners.add(local, self._server(Host("localhost", LOOPBACK, "good")))
        for host in HOSTS:
            try:
                listeners.add(listen(port, host.address), self._server(host))
            except OSError as error:
                print(f"sandbox: no SMTP for {host.name} on {host.address}: {error}", file=sys.stderr)

    def _server(self, host: Host) -> _Server:
        return _Server(self, host, self._contexts.get(host.name) or self._context(host))

    def _context(self, host: Host) -> ssl.SSLContext:
        number = next((i for i, other in enumerate(HOSTS) if other is host), len(HOSTS))
        filters = [hosts[number] for hosts in FILTER_HOSTS.values() if number < len(hosts)]
        if host.behaviour == "wrong-name":
            return self._authority.context(["mail.elsewhere.example"])
        return self._authority.context([host.name, *filters], expired=host.behaviour == "expired")


class _Server:
    """Serves the connections to one host."""

    def __init__(self, sink: Sink, host: Host, context: ssl.SSLContext) -> None:
        self.sink, self.host, self.context = sink, host, context

    def __call__(self, connection: socket.socket) -> None:
        session = _Session(self, connection)
        try:
            session.run()
        except Hangup:
            return
        finally:
            session.close()


class _Session:
    """One SMTP session."""

    def __init__(self, server: _Server, connection: socket.socket) -> None:
        self._server, self._connection = server, connection
        self._reader = connection.makefile("rb")
        self._behaviour: Behaviour = server.host.behaviour
        self._encrypted = False
        self._sender: str | None = None
        self._recipients = 0

    def run(self) -> None:
        """Talk until the client goes."""
        if self._behaviour == "refusing":
            self._reply(f"554 5.7.1 {self._server.host.name} does not accept mail from you")
        else:
            self._reply(f"220 {self._server.host.name} ESMTP")
        for verb, argument in self._commands():
            if verb == "QUIT":
                self._reply("221 2.0.0 Bye")
                return
            if self._behaviour == "refusing":
                self._reply("503 5.5.1 Bad sequence of commands")
            else:
                self._obey(verb, argument)

    def close(self) -> None:
        """Close the connection, encrypted or not."""
        self._reader.close()
        self._connection.close()

    def _commands(self) -> Iterator[tuple[str, str]]:
        while line := self._reader.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                self._reply("500 5.5.2 Line too long")
                return
            verb, _, argument = line.decode("utf-8", "replace").strip().partition(" ")
            yield verb.upper(), argument

    def _obey(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO":
                self._reply(*self._greeting())
            case "HELO":
                self._reply(f"250 {self._server.host.name}")
            case "STARTTLS" if self._offers_tls():
                self._encrypt()
            case "MAIL":
                self._mail(argument)
            case "RCPT":
                self._recipient(argument)
            case "DATA":
                self._data()
            case "RSET":
                self._forget()
                self._reply("250 2.0.0 OK")
            case "NOOP":
                self._reply("250 2.0.0 OK")
            case "VRFY":
                self._reply("252 2.5.2 Try to send, then you will see")
            case _:
                self._reply("502 5.5.2 Command not recognized")

    def _greeting(self) -> list[str]:
        words = ["PIPELINING", f"SIZE {MAX_MESSAGE}", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if self._offers_tls():
            words.append("STARTTLS")
        lines = [f"{self._server.host.name} greets you", *words]
        return [*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"]

    def _offers_tls(self) -> bool:
        return not self._encrypted and self._behaviour != "no-starttls"

    def _encrypt(self) -> None:
        self._reply("220 2.0.0 Ready to start TLS")
        self._reader.close()
        try:
            self._connection = self._server.context.wrap_socket(self._connection, server_side=True)
        except OSError as error:
            raise Hangup from error
        self._reader = self._connection.makefile("rb")
        self._encrypted = True
        self._forget()

    def _mail(self, argument: str) -> None:
        found = _ADDRESS.match(argument)
        if found is None:
            self._reply("501 5.5.4 Syntax: MAIL FROM:<address>")
        elif self._sender is not None:
            self._reply("503 5.5.1 Sender already given")
        else:
            self._sender = found[1]
            self._reply("250 2.1.0 OK")

    def _recipient(self, argument: str) -> None:
        found = _ADDRESS.match(argument)
        if self._sender is None:
            self._reply("503 5.5.1 Need MAIL first")
        elif found is None or "@" not in found[1]:
            self._reply("501 5.5.4 Syntax: RCPT TO:<address>")
        else:
            verdict = self._verdict(found[1].lower())
            self._recipients += verdict.startswith("250")
            self._reply(verdict)

    def _verdict(self, address: str) -> str:
        local_part, _, domain = address.rpartition("@")
        if self._behaviour == "rejecting":
            return "550 5.1.1 Recipient address rejected: user unknown"
        if self._behaviour == "open-relay" or local_part == "postmaster":
            return "250 2.1.5 OK"
        firm = firm_of(domain)
        if firm is None:
            return "554 5.7.1 Relay access denied"
        if local_part in {person.local_part for person in firm.people}:
            return "250 2.1.5 OK"
        return "550 5.1.1 Recipient address rejected: user unknown"

    def _data(self) -> None:
        if not self._recipients:
            self._reply("503 5.5.1 Need RCPT first")
            return
        self._reply("354 End data with <CR><LF>.<CR><LF>")
        size = 0
        while (line := self._reader.readline(MAX_LINE)) != b".\r\n":
            size += len(line)
            if not line or size > MAX_MESSAGE:
                raise Hangup
        self._server.sink.accepted[self._server.host.name] += 1
        self._forget()
        self._reply("250 2.0.0 OK: thrown away")

    def _forget(self) -> None:
        self._sender, self._recipients = None, 0

    def _reply(self, *lines: str) -> None:
        if self._behaviour == "slow":
            time.sleep(self._server.sink.slow_seconds)
        self._connection.sendall("".join(f"{line}\r\n" for line in lines).encode())
