"""The application on three connections to the sandbox, their domains read already, and everybody who may use it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from werkzeug.test import TestResponse

from app.core.actor import Actor, Role, Scope, ScopeKind
from app.core.plan import Report
from app.core.ports import ChangeQuery, JobState
from app.providers import registry
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox
from app.web.feedback import CollectFeedback
from tests.browser import Browser
from tests.conftest import add_person, browser_of

T = TypeVar("T")

SE, TWIN, OLS = "se", "twin", "ols"
"""Two connections to the imitated SpamExperts cluster (the first over HTTPS), and one to OLSPanel."""

HOME = "nordwind.example"
IDN = "xn--bckerei-mller-bfb28a.example"
ONLY_NORDWIND = (Scope(ScopeKind.DOMAIN, "nordwind*"),)
ONLY_TWIN = (Scope(ScopeKind.CONNECTION, TWIN),)

ADMIN = Actor(None, "tester", Role.ADMIN)


def actor(role: Role = Role.OPERATOR, scopes: tuple[Scope, ...] = ADMIN.scopes, name: str = "x") -> Actor:
    """Somebody who acts, without an account."""
    return Actor(None, name, role, scopes)


def declared(sandbox: Sandbox) -> dict[str, Any]:
    """The connections file of these tests."""

    def one(key: str, kind: str, url: str, **more: Any) -> dict[str, Any]:
        wanted = {setting.name for setting in registry.cards()[kind].settings}
        credentials = {n: v for n, v in sandbox.upstreams[kind].credentials().items() if n in wanted}
        return {
            "key": key,
            "kind": kind,
            "name": f"{key.title()} filter",
            "base_url": url,
            "values": credentials,
            "resolvers": [f"127.0.0.1:{sandbox.dns_port}"],
            "connect_timeout": 0.5,
            "read_timeout": 1,
            "write_timeout": 1,
            "per_second": 10000,
            "parallel": 16,
            **more,
        }

    tls = {"tls": "ca_file", "ca_file": str(sandbox.ca_path)}
    return {
        "connection": [
            one(SE, "spamexperts", sandbox.https("spamexperts"), **tls),
            one(TWIN, "spamexperts", sandbox.http("spamexperts")),
            one(OLS, "olspanel", sandbox.http("olspanel")),
        ]
    }


class Api:
    """A client of the REST API with a bearer token."""

    def __init__(self, app: Any, token: str) -> None:
        self._client = app.test_client()
        self.token = token

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> TestResponse:
        """One call below /api/v1; other keywords are headers (`Idempotency_Key="a"`)."""
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.open(f"/api/v1{path}", method=method, json=json, headers=sent)  # type: ignore[no-any-return]


class World:
    """One application of a test, and what its tests need around it."""

    def __init__(self, app: Any, sandbox: Sandbox, folder: Path) -> None:
        self.app = app
        self.sandbox = sandbox
        self.folder = folder
        self.wired = app.extensions["gatehouse"]
        self.calls = sandbox.calls["spamexperts"]
        self.cluster = sandbox.upstreams["spamexperts"].state.table("domains")

    # --- people ---

    def sign_in(self, role: str = "admin", **details: Any) -> Browser:
        """A browser in which a new person of this role is signed in. Takes `add_person`'s arguments."""
        return browser_of(self.app, add_person(self.app, role, **details))

    def client(self) -> Browser:
        """A browser in which nobody is signed in."""
        return self.app.test_client()  # type: ignore[no-any-return]

    def api(self, role: str = "admin", rights: tuple[str, ...] = (), **details: Any) -> Api:
        """A client with a token of a new person of this role, narrowed to `rights` where given."""
        from app.core.actor import system_actor
        from app.features.people.service import PeopleService
        from app.features.people.tokens import TokenService

        email = add_person(self.app, role, **details)
        with self.app.app_context():
            owner = self.service(PeopleService)[0].find(system_actor(), email)
            made = self.service(TokenService)[0].make(owner.as_actor("web"), "test", "7", list(rights))
        return Api(self.app, made.value.reveal())

    def run(self, *args: str, **options: Any) -> Any:
        """Runs a command: `world.run("domains", "list")`."""
        return self.app.test_cli_runner().invoke(args=list(args), **options)

    def service(self, cls: type[T]) -> tuple[T, list[Report]]:
        """The service of this class, and the list that its reports come to."""
        feedback = CollectFeedback()
        return self.wired.factories[cls](feedback), feedback.reports

    # --- work ---

    def work(self, job_id: int | None = None) -> list[JobState | None]:
        """Does what a worker would: this job, or all that have something to do."""
        jobs = [job_id] if job_id is not None else self.wired.jobs.unfinished()
        return [self.wired.worker.work(job) for job in jobs]

    def sync(self, key: str = SE) -> Any:
        """Reads the domains of a connection."""
        return self.wired.sync.run(self.wired.connections.get(ADMIN, key))

    # --- what is there ---

    def row(self, name: str, key: str = SE) -> Any:
        """A domain's row of the inventory, None when there is none."""
        return self.wired.inventory.get(ADMIN, key, name)

    def upstream(self, name: str) -> dict[str, Any] | None:
        """A domain as the imitated cluster has it."""
        return self.cluster.get(name)  # type: ignore[no-any-return]

    def routes(self, name: str) -> list[tuple[str, int]]:
        """Its routes there."""
        return [tuple(route) for route in self.cluster[name]["destinations"]]

    def changes(self, **query: Any) -> list[Any]:
        """The journal, newest first."""
        return self.wired.journal.page(ADMIN, ChangeQuery(**{"size": 500, **query}))  # type: ignore[no-any-return]

    def writes(self) -> list[str]:
        """The names of the writing calls that arrived at the cluster."""
        return [name for name in self.calls.names() if name.startswith(("api_add", "api_set", "api_remove"))]

    def upstream_calls(self) -> int:
        """How many requests arrived at all imitated upstreams."""
        return sum(log.count() for log in self.sandbox.calls.values())

    # --- trouble ---

    def fault(
        self, kind: str, calls: str | list[str] = "*", upstream: str = "spamexperts", **more: Any
    ) -> None:
        """From now on the upstream behaves badly: `world.fault("hangup", "api_add_*", count=1)`."""
        self.sandbox.faults[upstream].set(Fault.parse({"fault": kind, "calls": calls, **more}))

    def all_well(self) -> None:
        """The faults are over, and what our side remembers of them."""
        for faults in self.sandbox.faults.values():
            faults.set()
        self.wired.pool._drivers.clear()

    def connections_file(self) -> str:
        """The text of the file that declares the connections."""
        return json.dumps(declared(self.sandbox))
