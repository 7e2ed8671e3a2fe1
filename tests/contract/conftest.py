"""Every driver of the registry on its imitated upstream, through real sockets. A provider that joins is picked up by itself."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.capabilities import Capability, Card
from app.core.commands import COMMANDS, Command, from_json, parse
from app.core.connections import build_connection
from app.core.errors import NotFound
from app.core.model import Connection, Domain, DomainStatus
from app.core.plan import Seen, Step
from app.core.ports import CallRecord
from app.net.http import Http
from app.net.limits import LocalLimits
from app.providers import registry
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox
from tests.contract.description import Description
from tests.contract.resources import declared, examples
from tests.contract.steps import again


def pytest_configure(config: pytest.Config) -> None:
    """The marker by which a test says for which connections it is."""
    text = "needs(*what): runs for connections with these capabilities, or with these attributes of their description"
    config.addinivalue_line("markers", text)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test for each way to connect to each provider that has what the test needs."""
    if "subject" not in metafunc.fixturenames:
        return
    needed = {what for mark in metafunc.definition.iter_markers("needs") for what in mark.args}
    if "resource" in metafunc.fixturenames:
        metafunc.parametrize(("subject", "resource"), list(_resources()), indirect=["subject"])
    else:
        metafunc.parametrize("subject", list(_described(needed)), indirect=True)


def _resources() -> Iterator[Any]:
    """A parameter for each kind that a card declares: ((slug, Description), (kind, its examples))."""
    for slug, kind in declared():
        descriptions = importlib.import_module(f"tests.contract.providers.{slug}").DESCRIPTIONS
        it = examples(slug).get(kind.name)
        if it is not None:
            name = it.connection or next(iter(descriptions))
            yield pytest.param((slug, descriptions[name]), (kind, it), id=f"{name}-{kind.name}")


def _described(needed: set[Any]) -> Iterator[Any]:
    """A parameter for each: (slug, Description)."""
    for slug in registry.PROVIDERS:
        module = importlib.import_module(f"tests.contract.providers.{slug}")
        card = registry.provider(slug).CARD
        for name, description in module.DESCRIPTIONS.items():
            empty = {field for field, value in description.values.items() if not value}
            can = card.of({setting.name for setting in card.settings} - empty).can
            if all(w in can if isinstance(w, Capability) else getattr(description, w) for w in needed):
                yield pytest.param((slug, description), id=name)


class Subject:
    """One driver, the upstream it talks to, what it sends, and short forms of what the suite does with it."""

    def __init__(self, sandbox: Sandbox, slug: str, description: Description) -> None:
        self.sandbox = sandbox
        self.slug = slug
        self.about = description
        self.log = sandbox.calls[slug]
        self.connection = self._connection()
        self.static: Card = registry.provider(slug).CARD.of(self.connection.filled)
        self.records: list[CallRecord] = []
        self.driver = self.connect()

    def connect(self, url: str = "", **values: str) -> Any:
        """A driver of its own; `values` change those of the connection."""
        connection = self._connection(url, **values)
        limits = LocalLimits(connection.parallel, 0)
        clock = lambda: datetime.now(UTC)  # noqa: E731
        http = Http(connection, limits, clock, sink=self.records.append, sleep=lambda _: None)
        return registry.build(connection, http)

    def _connection(self, url: str = "", **values: str) -> Connection:
        known = self.sandbox.upstreams[self.slug].credentials()
        names = [setting.name for setting in registry.provider(self.slug).CARD.settings]
        values = {n: known[n] for n in names if n in known} | dict(self.about.values) | values
        data = {"key": "prod", "kind": self.slug, "name": "Prod", "values": values, "body_cap": 2**22}
        data["base_url"] = url or self.sandbox.http(self.slug)
        return build_connection(data, registry.cards())

    @property
    def card(self) -> Card:
        """What this very connection can do."""
        found = self.driver.probe()
        return self.static.cut(found.missing, found.facts)

    def can(self, *capabilities: Capability) -> bool:
        """Whether it can do all of that."""
        return self.card.can.issuperset(capabilities)

    def faults(self, **fault: Any) -> None:
        """Replaces the upstream's faults; none given, all is well."""
        self.sandbox.faults[self.slug].set(*([Fault.parse(fault)] if fault else []))

    # --- wishes ---

    def wish(self, command: str, /, **fields: Any) -> Command:
        """A command; `domain`, where it has one, is the one that is there where nothing else is said."""
        model = COMMANDS[command]
        domain = {"domain": self.about.domain} if "domain" in model.model_fields else {}
        return parse(model, {"connection": "prod", **domain, **fields})

    def addition(self, domain: str = "", **changes: Any) -> Command:
        """The wish for a new domain with all that the provider's domains can be added with."""
        fields: dict[str, Any] = {"domain": domain or self.about.new, "options": dict(self.about.options)}
        if Capability.ROUTES_WRITE in self.static.can:
            fields["routes"] = [{"host": host} for host in self.about.route_hosts]
        if Capability.ALIASES_WRITE in self.static.can:
            fields["aliases"] = list(self.about.aliases)
        return self.wish("domain.add", **{**fields, **changes})

    def carry_out(self, command: Command) -> list[Step]:
        """Plans, and sends every step as another process would read it; checks what must hold of each of them."""
        steps = [again(step) for step in self.driver.plan(command)]
        for step in steps:
            assert self.driver.observe(step).seen is not Seen.DONE
            before = len(self.records)
            self.driver.apply(step)
            assert [r.write for r in self.records[before:]].count(True) == 1, "one step is one write"
            assert self.driver.observe(step).seen is Seen.DONE
        return steps

    def undo(self, steps: list[Step]) -> None:
        """Runs the inverse commands of all steps, the last one's first."""
        for step in reversed(steps):
            assert step.inverse is not None, f"no way back from {step.verb}"
            for data in step.inverse:
                self.carry_out(from_json(data))
            assert self.driver.observe(step).seen is not Seen.DONE

    # --- what is there ---

    def there(self, name: str = "") -> Domain | None:
        """The domain as its upstream says now; None when it is gone, or only kept to be restored."""
        try:
            domain: Domain = self.driver.read_domain(name or self.about.domain)
        except NotFound:
            return None
        return None if domain.status is DomainStatus.DELETED else domain

    def routes(self, name: str = "") -> list[str]:
        """The hosts of its routes, in order."""
        domain = self.there(name)
        assert domain is not None and domain.routes is not None
        return [route.host for route in domain.routes]

    def listed(self) -> dict[str, Domain]:
        """All domains by name."""
        return {domain.name: domain for batch in self.driver.list_domains() for domain in batch}


@pytest.fixture(scope="session")
def running_upstreams() -> Iterator[Sandbox]:
    """One sandbox with all upstreams."""
    sandbox = Sandbox()
    sandbox.start()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def subject(request: pytest.FixtureRequest, running_upstreams: Sandbox) -> Iterator[Subject]:
    """The driver on a fresh upstream. Afterwards: every call is documented, reads were no writes, and no secret shows."""
    running_upstreams.reset()
    slug, description = request.param
    running_upstreams.upstreams[slug].profile.update(description.profile)
    subject = Subject(running_upstreams, slug, description)
    yield subject
    calls = {call.name: call for call in registry.contract(slug).calls}
    hidden = [v for v in running_upstreams.upstreams[slug].credentials().values() if len(v) > 12]
    for record in subject.records:
        assert record.call in calls, f"{record.call} is not in contract.json"
        assert record.write is calls[record.call].write, f"{record.call} was sent as the other kind"
        shown = str(record.to_json())
        assert not any(secret in shown for secret in hidden if "@" not in secret), f"a secret shows: {shown}"
