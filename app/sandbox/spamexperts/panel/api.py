"""The Control Panel API's front door: sign-in, cache, envelope and plain format (contract sheet, 7.1 and 7.2)."""

from __future__ import annotations

import json
import time

from werkzeug.wrappers import Request, Response

from app.sandbox.spamexperts.answers import ApiError
from app.sandbox.spamexperts.cluster import Cluster
from app.sandbox.spamexperts.panel import admins, domains, listing, users
from app.sandbox.spamexperts.panel.outcome import ACTIONS, Action, Outcome, PanelError, refuse
from app.sandbox.spamexperts.panel.paths import Asked, parse
from app.sandbox.spamexperts.query import basic_header
from app.sandbox.spamexperts.wording import PANEL_REALM, Panel

_CACHE = "panel_cache"

__all__ = ["PanelApi", "admins", "domains", "listing", "users"]


class PanelApi:
    """Answers ``/api/...``. Status 200 also on errors, but 401 with a challenge when no credentials came.

    "Almost always" 200, so the switch ``panel_error_http_status`` has the other case, too.
    """

    def __init__(self, username: str, password: str) -> None:
        self._header = basic_header(username, password)

    def handle(self, request: Request, cluster: Cluster) -> Response:
        """Answer one request; GET and POST alike, a body is not read."""
        header = request.environ.get("HTTP_AUTHORIZATION")
        if header is None:
            headers = {"WWW-Authenticate": f'Basic realm="{PANEL_REALM}"'}
            return Response("Unauthorized\n", 401, headers, mimetype="text/html")
        asked = parse(request.environ["RAW_URI"])
        try:
            if header != self._header:
                raise refuse(Panel.BAD_CREDENTIALS)
            return _answer(self._outcome(asked, cluster), asked)
        except PanelError as error:
            texts = error.texts
        except ApiError as error:
            texts = tuple(line.removeprefix("ERROR: ") for line in error.lines)
        return _error(texts, asked, cluster.profile["panel_error_http_status"])

    def _outcome(self, asked: Asked, cluster: Cluster) -> Outcome:
        action = ACTIONS.get(asked.action)
        if action is None:
            raise refuse(Panel.UNKNOWN_ACTION, action=asked.action)
        if action.changes:
            cluster.state.table(_CACHE).clear()
            return action.run(cluster, asked)
        seconds = cluster.profile["panel_cache_seconds"]
        return _cached(action, asked, cluster, seconds) if seconds else action.run(cluster, asked)


def _cached(action: Action, asked: Asked, cluster: Cluster, seconds: float) -> Outcome:
    """Return what was read before, if that is fresh: changes of the Software API show late here."""
    cache, key = cluster.state.table(_CACHE), json.dumps([asked.action, asked.values], sort_keys=True)
    then, result = cache.get(key, (0.0, None))
    if time.time() - then < seconds:
        return Outcome(result=result)
    outcome = action.run(cluster, asked)
    cache[key] = [time.time(), outcome.result]
    return outcome


def _answer(outcome: Outcome, asked: Asked) -> Response:
    if asked.json:
        return Response(json.dumps(outcome.envelope()), mimetype="application/json")
    return Response(outcome.plain(), mimetype="text/html")


def _error(texts: tuple[str, ...], asked: Asked, status: int) -> Response:
    if asked.json:
        body = {"messages": {"error": list(texts)}, "result": None}
        return Response(json.dumps(body), status, mimetype="application/json")
    return Response("".join(f"ERROR: {text}\n" for text in texts), status, mimetype="text/html")
