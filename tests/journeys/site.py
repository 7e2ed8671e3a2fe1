"""The dashboard as people meet it: served with threads, with its worker, on the imitated upstreams."""

from __future__ import annotations

import json
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huey.consumer import Consumer
from werkzeug.serving import WSGIRequestHandler, make_server

from app.core.actor import Role, system_actor
from app.sandbox.server import Sandbox
from app.sandbox.spamexperts.seeding import generated
from app.sandbox.spamexperts.upstream import Cluster
from deploy.start import demo_connections
from tests.conftest import add_person, browser_of, close_app, make_app, make_config

KEY = "demo-spamexperts"
GENERATED = 60
KEPT = ("secret.key", "encryption.key", "demo-connections.json")
QUICK = {"parallel": 32, "per_second": 5000}


def start_sandbox() -> Sandbox:
    """All imitated upstreams; the SpamExperts cluster knows many domains besides the demo company's."""
    sandbox = Sandbox()
    sandbox.start()
    upstream = sandbox.upstreams["spamexperts"]
    with upstream.lock, upstream.state.batch():
        generated(Cluster(upstream.state, upstream.profile), GENERATED, sandbox.smtp_port)
        upstream.state.mark()
    return sandbox


@dataclass(frozen=True)
class Prepared:
    """The data that every journey begins with. `cookies`: the session of a person of each role, good on every copy."""

    folder: Path
    database: str
    cookies: dict[str, str]


def prepare(folder: Path, empty_database: str, sandbox: Sandbox) -> Prepared:
    """Makes the data: connections tested, domains read, one person of each role."""
    declared = demo_connections(sandbox.addresses())
    for connection in declared["connection"]:
        connection |= QUICK
    (folder / "demo-connections.json").write_text(json.dumps(declared))
    config = _config(folder, empty_database)
    app = make_app(config)
    wired = app.extensions["gatehouse"]
    wired.schedule.tick()
    actor = system_actor("schedule")
    for connection in wired.connections.visible(actor):
        job_id = wired.sync_jobs.start(actor, connection)
        assert wired.worker.work(job_id) == "done", connection.key
    cookies = {role.value: _cookie(app, role) for role in Role}
    wired.database.dispose()  # not given back: the copies are made of it
    return Prepared(folder, config.database_url, cookies)


def _config(folder: Path, database: str) -> Any:
    demo = str(folder / "demo-connections.json")
    return make_config(folder, database, DEMO_CONNECTIONS_FILE=demo, SYNC_MINUTES="0", LOG_LEVEL="error")


def _cookie(app: Any, role: Role) -> str:
    browser = browser_of(app, add_person(app, role.value, email=email_of(role.value)))
    cookie = browser.get_cookie("gatehouse")
    assert cookie is not None
    return cookie.value


def email_of(role: str) -> str:
    """The address of the person of this role."""
    return f"{role}@gatehouse.example"


class Site:
    """One dashboard with data of its own."""

    def __init__(self, prepared: Prepared, folder: Path, sandbox: Sandbox) -> None:
        for name in KEPT:
            shutil.copy(prepared.folder / name, folder / name)
        self.sandbox = sandbox
        self.app = make_app(_config(folder, prepared.database))
        self.wired = self.app.extensions["gatehouse"]
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._consumer: Consumer = self.wired.huey.create_consumer(
            workers=1, periodic=False, initial_delay=0.02, max_delay=0.1
        )
        self._consumer._set_signal_handlers = lambda: None  # signals belong to the tests' process

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Serves pages and works on jobs."""
        self._thread.start()
        self._consumer.start()

    def stop(self) -> None:
        """Stops both and gives back what they hold."""
        self._consumer.stop(graceful=True)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        close_app(self.app)

    # --- what arrived upstream ---

    @property
    def domains(self) -> dict[str, Any]:
        """The SpamExperts cluster's own table of domains."""
        return dict(self.sandbox.upstreams["spamexperts"].state.table("domains").items())

    def routes(self, domain: str) -> list[str]:
        """The routes of a domain as the cluster holds them."""
        return [f"{host}:{port}" for host, port in self.domains[domain]["destinations"]]

    def own_settings(self, domain: str) -> dict[str, Any]:
        """The settings that the cluster holds for a domain itself."""
        table = self.sandbox.upstreams["spamexperts"].state.table("settings")
        return dict(table.get(domain, {}))

    def calls(self, slug: str = "spamexperts") -> list[str]:
        """The calls that arrived since the last `forget_calls`."""
        return self.sandbox.calls[slug].names()

    def forget_calls(self) -> None:
        """Forgets the calls that arrived so far."""
        for log in self.sandbox.calls.values():
            log.clear()


class _Quiet(WSGIRequestHandler):
    """Writes no line for each request."""

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Says nothing."""
