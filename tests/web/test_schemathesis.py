"""Calls that schemathesis makes up from the OpenAPI document: answers are as documented, and never an accident."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from app.core.actor import system_actor
from app.sandbox.faults import Fault
from app.sandbox.server import Sandbox
from tests.conftest import close_app, make_app, make_config
from tests.features.world import HOME, IDN, OLS, SE, TWIN, declared
from tests.web.bearer import new_token

# Random words in an address name nothing; these do.
KNOWN = {
    "path.connection": [SE, TWIN, OLS],
    "path.key": [SE, TWIN, OLS],
    "path.domain": [HOME, IDN],
    "path.name": ["quarantine_days", "filter_status"],
    "path.change": [1, 2, 3],
    "path.job": [1, 2, 3],
}
HEADERS = {"Accept-Encoding": "identity"}  # its client does not unpack answers


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(slugs=("spamexperts", "olspanel"))
    sandbox.start()
    sandbox.sink.slow_seconds = 0.05
    yield sandbox
    sandbox.stop()


@pytest.fixture(scope="module")
def app(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Any]:
    """The application on connections to the sandbox, their domains read."""
    folder = tmp_path_factory.mktemp("schemathesis")
    file = folder / "connections.json"
    file.write_text(json.dumps(declared(sandbox)))
    application = make_app(make_config(folder, empty_database, CONNECTIONS_FILE=str(file)))
    wired = application.extensions["gatehouse"]
    for connection in wired.connections.visible(system_actor()):
        wired.sync.run(connection)
    yield application
    close_app(application)


@pytest.fixture(autouse=True)
def _id_of_the_test(request: pytest.FixtureRequest) -> None:
    """Schemathesis 4.32 reads an attribute that pytest 9.2 has no more."""
    request.node._nodeid = str(request.node.nodeid)


def described(app: Any, examples: int, **config: Any) -> Any:
    """The document as schemathesis reads it; so many random calls of each kind, the same ones in every run."""
    return schemathesis.openapi.from_wsgi(
        "/api/v1/openapi.json",
        app,
        config=schemathesis.Config.from_dict(
            {
                "auth": {"openapi": {"BearerAuth": {"bearer": new_token(app)}}},
                "parameters": {name: {"dictionary": name, "probability": 0.8} for name in KNOWN},
                "dictionaries": {name: {"values": values} for name, values in KNOWN.items()},
                "generation": {
                    "deterministic": True,
                    "database": "none",
                    "max-examples": examples,
                    # It would complain that calls without a token pass, to which its client added one.
                    "with-security-parameters": False,
                },
                **config,
            }
        ),
    )


# What is a domain name, or a setting of a connection, no schema can say.
WORDS = {"positive_data_acceptance": {"enabled": False}}


@pytest.fixture(scope="module")
def document(app: Any) -> Any:
    return described(
        app,
        8,
        phases={"stateful": {"enabled": False}},
        # POST /connections/test stands beside /connections/{key}, which takes the other methods.
        checks={**WORDS, "allow_header_conformance": {"enabled": False}},
    )


@schemathesis.pytest.from_fixture("document").parametrize()
def test_every_call_is_answered_as_documented(case: schemathesis.Case, app: Any) -> None:
    forget_bad_tokens(app)
    case.call_and_validate(headers=HEADERS)


def forget_bad_tokens(app: Any) -> None:
    """Schemathesis looks again and again whether a bad token passes."""
    for limiter in app.extensions["limiter"]:
        limiter.reset()


@pytest.fixture
def document_in_trouble(app: Any, sandbox: Sandbox) -> Iterator[Any]:
    """While every upstream answers with an error of its own."""
    for faults in sandbox.faults.values():
        faults.set(Fault.parse({"fault": "5xx"}))
    yield described(
        app,
        2,
        phases={phase: {"enabled": False} for phase in ("stateful", "coverage", "examples")},
        checks={**WORDS, "not_a_server_error": {"expected-statuses": ["2xx", "4xx", 502, 503]}},
    )
    for faults in sandbox.faults.values():
        faults.set()


@(
    schemathesis.pytest.from_fixture("document_in_trouble")
    .include(path_regex="/domains|/connections/")
    .parametrize()
)
def test_upstreams_in_trouble_are_answered_as_documented(case: schemathesis.Case, app: Any) -> None:
    forget_bad_tokens(app)
    case.call_and_validate(headers=HEADERS)
