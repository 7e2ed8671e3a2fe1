"""The imitated SpamExperts cluster: its two APIs over one state."""

from __future__ import annotations

from html import escape
from typing import Any, ClassVar

from werkzeug.wrappers import Request, Response

from app.sandbox.spamexperts import seeding
from app.sandbox.spamexperts.api import SoftwareApi, call_of
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.panel.api import PanelApi
from app.sandbox.spamexperts.panel.mobile import MobileApi
from app.sandbox.spamexperts.panel.paths import parse
from app.sandbox.spamexperts.panel.users import TICKETS
from app.sandbox.state import State
from app.sandbox.upstream import Upstream

USERNAME, PASSWORD = "softwareapi", "demo-software-api"
PANEL_USERNAME, PANEL_PASSWORD = "demo-admin", "demo-control-panel"


class SpamExperts(Upstream):
    """Answers ``/cgi-bin/api`` (Software API), ``/api/...`` (Control Panel API) and ``/rest/...`` (mobile app)."""

    slug = "spamexperts"
    defaults: ClassVar[dict[str, Any]] = {
        "error_http_status": 200,
        "panel_error_http_status": 200,
        "json_support": "all",
        "destination_item": "host::port",
        "alias_line": "name*:",
        "missing_domain": "present 0",
        "panel_cache_seconds": 0,
        "version": "106752",
        "help_hides": [],
        "servers": "well",
    }
    choices: ClassVar[dict[str, tuple[Any, ...]]] = {
        "error_http_status": (200, 400),
        "panel_error_http_status": (200, 400),
        "json_support": ("all", "proven"),
        "destination_item": ("host::port", "host:port", "pair"),
        "alias_line": ("name*:", "name*:routes"),
        "missing_domain": ("present 0", "error"),
        "servers": ("well", "busy", "full"),
    }

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self._software = SoftwareApi(USERNAME, PASSWORD)
        self._panel = PanelApi(PANEL_USERNAME, PANEL_PASSWORD)
        self._mobile = MobileApi(PANEL_USERNAME, PANEL_PASSWORD)

    def handle(self, request: Request) -> Response:
        """Answer one request; everything runs under the lock, so nobody sees half a change."""
        with self.lock:
            cluster = Cluster(self.state, self.profile, self._software.call_log)
            match _first_segment(request):
                case "cgi-bin" if request.path.rstrip("/") == "/cgi-bin/api":
                    return self._software.handle(request, cluster)
                case "api":
                    return self._panel.handle(request, cluster)
                case "rest":
                    return self._mobile.handle(request, cluster)
                case "" if request.args.get("authticket"):
                    return _signed_in(cluster, request.args["authticket"])
        return Response("Not Found\n", 404, mimetype="text/plain")

    def reset(self) -> None:
        """Forget the log of calls."""
        self._software.call_log.clear()

    def call_name(self, request: Request) -> str:
        """Return the Software API's call, or the panel's ``controller/action``, or ``rest/...`` of the app's."""
        match _first_segment(request):
            case "api":
                return parse(request.environ["RAW_URI"]).action
            case "rest":
                return "/".join(request.path.strip("/").split("/")[:3])
        return call_of(request)

    def seed(self, domains: int | None = None) -> None:
        """Fill the empty state."""
        cluster = Cluster(self.state, self.profile)
        if domains is None:
            seeding.company(cluster, self.smtp_port)
        else:
            seeding.generated(cluster, domains, self.smtp_port)

    def credentials(self) -> dict[str, str]:
        """Return the credentials of both APIs; they are separate (contract sheet, section 0)."""
        return {
            "username": USERNAME,
            "password": PASSWORD,
            "panel_username": PANEL_USERNAME,
            "panel_password": PANEL_PASSWORD,
        }


def _first_segment(request: Request) -> str:
    return request.path.lstrip("/").partition("/")[0].lower()


def _signed_in(cluster: Cluster, ticket: str) -> Response:
    """Answer the sign-in link of a ticket, which works once (contract sheet, 7.4: authticket/create)."""
    username = cluster.state.table(TICKETS).pop(ticket, None)
    if username is None:
        return Response("<p>This ticket is not valid.</p>\n", 403, mimetype="text/html")
    return Response(f"<p>Signed in as {escape(username)}.</p>\n", mimetype="text/html")
