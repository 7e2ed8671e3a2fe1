"""The safety headers of every answer, and how long browsers may keep it."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request

_POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
_PERMISSIONS = (
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)"
)
_YEAR = 31_536_000


def register(app: Flask, https: bool) -> None:
    """Registers the headers. `https`: the dashboard is reached over HTTPS, so browsers may insist on it."""
    app.before_request(_make_nonce)
    app.after_request(_add_headers)
    if https:
        app.after_request(_insist_on_https)
    app.add_template_global(csp_nonce)
    _version_static_files(app)


def _make_nonce() -> None:
    """Before everything else: the sign-in library's pages read it from `g`."""
    g.csp_nonce = secrets.token_urlsafe(16)


def csp_nonce() -> str:
    """The value that an inline script of this answer must carry."""
    return str(g.csp_nonce)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    if "Content-Security-Policy" not in headers:  # a mail's HTML brings its own, stricter one
        headers["Content-Security-Policy"] = _POLICY.format(nonce=g.get("csp_nonce", ""))
    headers["X-Content-Type-Options"] = "nosniff"
    framed = (
        "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    )  # as such a mail is, by our own page
    headers["X-Frame-Options"] = "SAMEORIGIN" if framed else "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Permissions-Policy"] = _PERMISSIONS
    if request.endpoint != "static":
        headers["Cache-Control"] = "no-store"
    elif "v" in request.args and response.status_code in (200, 206, 304):
        headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return response


def _insist_on_https(response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"  # browsers warn about it on plain HTTP
    return response


def _version_static_files(app: Flask) -> None:
    """Adds ?v=<hash of the file> to the address of every static file, so that browsers keep it until it changes."""
    hashes: dict[str, str] = {}

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        name = values.get("filename")
        if endpoint != "static" or not name:
            return
        if name not in hashes:
            path = Path(app.static_folder or "") / name
            hashes[name] = hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""
        if hashes[name]:
            values["v"] = hashes[name]
