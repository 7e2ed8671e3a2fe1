"""HTTP/1.1 over one accepted connection: raw target kept, keep-alive, long request lines, and faults on the wire.

Werkzeug's development server closes every connection and waits 10 ms after each answer; an imitated upstream that is
measured against must not. So this module reads and writes HTTP itself and uses Werkzeug for requests and responses.
"""

from __future__ import annotations

import email.utils
import io
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from werkzeug.wrappers import Request, Response

MAX_LINE = 1 << 20
MAX_HEADERS = 200
MAX_BODY = 256 << 20

_NO_BODY = (204, 304)


class BadRequest(Exception):
    """The bytes that came are not HTTP; the text is for the 400 answer."""


class HttpConnection:
    """One connection: requests in, responses out, and the ways to spoil them."""

    def __init__(self, sock: socket.socket, *, scheme: str) -> None:
        self._sock = sock
        self._scheme = scheme
        self._server = sock.getsockname()
        self._reader = sock.makefile("rb", 1 << 16)
        self._keep = True
        self._chunks_allowed = True
        self._head_only = False
        self.on_status: Callable[[int], None] = _ignore
        """Told the status of an answer before its first byte leaves."""

    def close(self) -> None:
        """Close quietly (FIN)."""
        self._keep = False
        self._reader.close()
        self._sock.close()

    def reset(self) -> None:
        """Close with a TCP reset (RST)."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def requests(self) -> Iterator[Request]:
        """Yield the requests of this connection until either side closes it."""
        while self._keep:
            try:
                request = self._read()
            except BadRequest as error:
                self.send(Response(f"{error}\n", 400, mimetype="text/plain"), keep=False)
                return
            if request is None:
                return
            yield request

    def send(self, response: Response, *, keep: bool = True) -> None:
        """Send a whole answer."""
        body = response.get_data()
        self._keep = self._keep and keep
        if response.status_code in _NO_BODY:
            self._sock.sendall(self._head(response, None))
            return
        head = self._head(response, len(body))
        self._sock.sendall(head if self._head_only else head + body)

    def send_part(self, response: Response, announced: int, body: bytes) -> None:
        """Send an answer whose ``Content-Length`` says ``announced``, whatever the body is, and close."""
        self._keep = False
        self._sock.sendall(self._head(response, announced) + body)
        self.close()

    def stream(self, response: Response, chunks: Iterator[bytes]) -> None:
        """Send an answer without ``Content-Length``: chunked, or until the end of an HTTP/1.0 connection."""
        self._keep = self._keep and self._chunks_allowed
        if self._chunks_allowed:
            response.headers["Transfer-Encoding"] = "chunked"
        self._sock.sendall(self._head(response, None))
        for chunk in chunks:
            self._sock.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk) if self._chunks_allowed else chunk)
        if self._chunks_allowed:
            self._sock.sendall(b"0\r\n\r\n")

    def _head(self, response: Response, length: int | None) -> bytes:
        self.on_status(response.status_code)
        lines = [f"HTTP/1.1 {response.status_code} {_phrase(response.status_code)}"]
        lines += [f"{name}: {value}" for name, value in response.headers if name != "Content-Length"]
        lines.append(f"Date: {email.utils.formatdate(usegmt=True)}")
        if length is not None:
            lines.append(f"Content-Length: {length}")
        if not self._keep:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def _read(self) -> Request | None:
        line = self._line()
        if not line:
            return None
        method, target, version = _request_line(line)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "RAW_URI": target,
            "REQUEST_URI": target,
            "SERVER_PROTOCOL": version,
            "SCRIPT_NAME": "",
            "SERVER_NAME": self._server[0],
            "SERVER_PORT": str(self._server[1]),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": self._scheme,
            "wsgi.errors": sys.stderr,
            "wsgi.input_terminated": True,
        }
        _add_target(environ, target)
        self._add_headers(environ)
        asked = environ.get("HTTP_CONNECTION", "").lower()
        self._chunks_allowed = version != "HTTP/1.0"
        self._keep = "close" not in asked and (self._chunks_allowed or "keep-alive" in asked)
        self._head_only = method == "HEAD"
        environ["wsgi.input"] = io.BytesIO(self._body(environ))
        return Request(environ)

    def _line(self) -> bytes:
        line = self._reader.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise BadRequest("The request line or a header is too long.")
        return line

    def _add_headers(self, environ: dict[str, Any]) -> None:
        for _ in range(MAX_HEADERS):
            line = self._line().decode("latin-1").rstrip("\r\n")
            if not line:
                return
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise BadRequest("A header line is not 'name: value'.")
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value.strip()}" if key in environ else value.strip()
        raise BadRequest("There are too many headers.")

    def _body(self, environ: dict[str, Any]) -> bytes:
        """Read the whole body, so that the next request begins at the right place whatever the upstream does."""
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            body = b"".join(self._chunks())
            environ["CONTENT_LENGTH"] = str(len(body))
            return body
        length = environ.get("CONTENT_LENGTH", "0")
        if not length.isascii() or not length.isdigit() or int(length) > MAX_BODY:
            raise BadRequest("Content-Length is not usable.")
        return bytes(self._reader.read(int(length)))

    def _chunks(self) -> Iterator[bytes]:
        total = 0
        while True:
            try:
                size = int(self._line().split(b";")[0], 16)
            except ValueError as error:
                raise BadRequest("A chunk has no size.") from error
            total += size
            if total > MAX_BODY:
                raise BadRequest("The body is too long.")
            if size == 0:
                while self._line().strip():
                    pass
                return
            yield self._reader.read(size)
            self._line()


def _ignore(status: int) -> None:
    """Nobody wants to know the status."""


def _request_line(line: bytes) -> tuple[str, str, str]:
    """Split the first line. Spaces inside the target are kept: real clients send raw JSON with spaces."""
    method, _, rest = line.decode("latin-1").strip("\r\n").partition(" ")
    target, _, version = rest.rpartition(" ")
    if not target or not version.startswith("HTTP/1.") or not method.isalpha():
        raise BadRequest("The request line is not HTTP/1.")
    return method, target, version


def _add_target(environ: dict[str, Any], target: str) -> None:
    if not target.startswith("/"):
        _, _, rest = target.partition("://")
        host, slash, path = rest.partition("/")
        environ["HTTP_HOST"], target = host, slash + path
    path, _, query = target.partition("?")
    environ["PATH_INFO"] = unquote_to_bytes(path.encode("latin-1")).decode("latin-1")
    environ["QUERY_STRING"] = query


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
