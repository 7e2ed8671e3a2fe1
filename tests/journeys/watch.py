"""Notices what goes wrong in a browser without anybody seeing it."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response


class Watch:
    """Collects `faults`: errors of scripts, violations of the content security policy, requests that leave the server,
    parts of pages that cannot be loaded, and pages that answer 500."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.faults: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Watches all pages of a browser context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        # A page that answers 404 or 422 is no fault; `_response` judges what could not be loaded.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._url + "/", "data:", "blob:")):
            self.faults.append(f"leaves the server: {request.url}")

    def _response(self, response: Response) -> None:
        part = response.request.resource_type != "document"
        if response.status == 500 or (part and response.status >= 400):
            self.faults.append(f"{response.status}: {response.url}")
