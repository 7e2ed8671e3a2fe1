"""The OpenAPI document: valid, complete, and true about the addresses that are served."""

from __future__ import annotations

import importlib
import importlib.util
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR
from werkzeug.routing import IntegerConverter

from app import features
from app.web.api import PREFIX
from tests.browser import Browser
from tests.conftest import add_person, browser_of, close_app, make_app, make_config
from tests.web.bearer import Caller, new_token

Operations = list[tuple[str, str, dict[str, Any]]]

# What is sent to an upstream, step by step, and journalled under a key.
SENT_UPSTREAM = {
    "act_on_message",
    "do_with_message",
    "add_aliases",
    "add_domain",
    "add_route",
    "add_email_alias",
    "edit_email_alias",
    "remove_email_alias",
    "add_recipients",
    "remove_recipient",
    "set_aliases",
    "add_rules",
    "edit_rule",
    "remove_rule",
    "replace_rules",
    "spread_rule",
    "withdraw_rule",
    "set_platforms",
    "disable_domain",
    "edit_domain",
    "enable_domain",
    "restore_domain",
    "finish_change",
    "remove_alias",
    "remove_domain",
    "rename_domain",
    "remove_route",
    "reset_setting",
    "set_routes",
    "set_setting",
    "undo_change",
    "add_upstream_admin",
    "add_upstream_token",
    "edit_upstream_admin",
    "remove_upstream_admin",
    "remove_upstream_token",
    "revoke_access",
    "set_access",
    "set_users_access",
    "switch_off_second_factor",
    "set_dkim",
    "remove_dkim",
    "create_policy",
    "edit_policy",
    "remove_policy",
    "set_domain_policy",
}
ERRORS = {"400", "401", "403", "404", "409", "422", "429", "502", "503"}
ERRORS_OF_BODIES = {"413", "415"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, empty_database: str) -> Iterator[Any]:
    """One application for all of these tests; it has no connections."""
    application = make_app(make_config(tmp_path_factory.mktemp("openapi"), empty_database))
    yield application
    close_app(application)


@pytest.fixture(scope="module")
def document(app: Any) -> dict[str, Any]:
    return fetched(app.test_client())


@pytest.fixture(scope="module")
def operations(document: dict[str, Any]) -> Operations:
    return [
        (method, path, call) for path, calls in document["paths"].items() for method, call in calls.items()
    ]


def fetched(client: Any, **options: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json", **options)
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.json  # type: ignore[no-any-return]


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    OPENAPI_31_VALIDATOR.validate(document)


def test_its_schemas_are_json_schema(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_reference_leads_somewhere_and_nothing_is_left_over(document: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/(\w+/[\w.]+)"', json.dumps(document)))
    there = {f"{kind}/{name}" for kind in ("schemas", "responses") for name in document["components"][kind]}
    assert named == there


def test_it_describes_what_is_served_and_nothing_else(app: Any, operations: Operations) -> None:
    served = {
        (method.lower(), re.sub(r"<(?:[^<:]+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith(f"{PREFIX}/") and rule.endpoint != "openapi.spec"
    }
    assert {(method, path) for method, path, _ in operations} == served


def test_every_call_says_what_it_does_under_a_tag_and_with_a_name_of_its_own(
    document: dict[str, Any], operations: Operations
) -> None:
    tags = [tag["name"] for tag in document["tags"]]
    assert len(set(tags)) == len(tags)
    for _, path, call in operations:
        assert re.fullmatch(r"[A-Z].{5,120}\.", call["summary"]), path
        assert len(call["tags"]) == 1
        assert call["tags"][0] in tags
    names = [call["operationId"] for _, _, call in operations]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def test_every_call_needs_a_bearer_token(document: dict[str, Any], operations: Operations) -> None:
    assert all(call["security"] == [{"BearerAuth": []}] for _, _, call in operations)
    scheme = document["components"]["securitySchemes"]
    assert list(scheme) == ["BearerAuth"]
    assert (scheme["BearerAuth"]["type"], scheme["BearerAuth"]["scheme"]) == ("http", "bearer")


def test_every_call_says_what_comes_back(operations: Operations) -> None:
    for method, path, call in operations:
        done = {status: answer for status, answer in call["responses"].items() if status < "300"}
        assert done, (method, path)
        for status, answer in done.items():
            schema = answer.get("content", {}).get("application/json", {}).get("schema")
            assert (schema is None) == (status == "204"), (method, path, status)
            assert status == "204" or "$ref" in schema, (method, path)


def test_every_call_names_its_errors_in_one_shape(document: dict[str, Any], operations: Operations) -> None:
    for method, path, call in operations:
        wanted = ERRORS | (ERRORS_OF_BODIES if "requestBody" in call else set())
        errors = {status: answer for status, answer in call["responses"].items() if status >= "400"}
        assert errors.keys() == wanted, (method, path)
        for status, answer in errors.items():
            assert answer == {"$ref": f"#/components/responses/Error{status}"}
    for answer in document["components"]["responses"].values():
        assert answer["content"] == {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        }
    headers = {n: set(a.get("headers", ())) for n, a in document["components"]["responses"].items()}
    assert headers["Error401"] == {"WWW-Authenticate"}
    assert headers["Error429"] == headers["Error503"] == {"Retry-After"}


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/nothing", {}),
        ("PATCH", "/domains", {}),
        ("GET", "/domains/x/example.org", {}),
        ("GET", "/jobs?size=0", {}),
        ("POST", "/domains", {"json": {}}),
        ("POST", "/domains", {"data": "{"}),
        ("POST", "/domains", {"data": "{", "content_type": "application/json"}),
        ("DELETE", "/domains/x/example.org", {"headers": {"Idempotency-Key": ""}}),
        ("GET", "/jobs", {"headers": {"Authorization": ""}}),
    ],
)
def test_errors_are_as_the_document_says(
    app: Any, document: dict[str, Any], method: str, path: str, sent: dict[str, Any]
) -> None:
    answer = Caller(app, new_token(app))(method, path, **sent)
    assert (answer.status_code >= 400, answer.mimetype) == (True, "application/problem+json")
    jsonschema_rs.validate(document["components"]["schemas"]["Problem"], answer.json)
    assert answer.json["status"] == answer.status_code
    assert answer.json["request_id"] == answer.headers["X-Request-ID"]


def test_numbers_in_addresses_are_numbers(app: Any, document: dict[str, Any]) -> None:
    found = 0
    for rule in app.url_map.iter_rules():
        for name, converter in rule._converters.items():
            if rule.rule.startswith(PREFIX) and isinstance(converter, IntegerConverter):
                path = re.sub(r"<(?:[^<:]+:)?(\w+)>", r"{\1}", rule.rule)
                for call in document["paths"][path].values():
                    schema = next(p["schema"] for p in call["parameters"] if p["name"] == name)
                    limits = {} if converter.max is None else {"minimum": 0, "maximum": converter.max}
                    assert schema == {"type": "integer", **limits}
                    found += 1
    assert found > 8


def test_arguments_in_addresses_are_described_as_they_stand_there(operations: Operations) -> None:
    for _, path, call in operations:
        described = [p["name"] for p in call["parameters"] if p["in"] == "path"]
        assert described == re.findall(r"{(\w+)}", path)
        assert all(p["required"] for p in call["parameters"] if p["in"] == "path")


def test_bodies_are_needed_and_refuse_unknown_names(document: dict[str, Any], operations: Operations) -> None:
    bodies = [call["requestBody"] for _, _, call in operations if "requestBody" in call]
    assert len(bodies) >= 10
    for body in bodies:
        assert body["required"] is True
        assert list(body["content"]) == ["application/json"]
        name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        schema = document["components"]["schemas"][name]
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
    assert all("requestBody" not in call for method, _, call in operations if method in ("get", "delete"))


def test_what_is_sent_upstream_takes_a_key_and_may_be_done_in_part(operations: Operations) -> None:
    with_key, in_part = set(), set()
    for _, _, call in operations:
        if any(p["name"] == "Idempotency-Key" and p["in"] == "header" for p in call["parameters"]):
            with_key.add(call["operationId"])
        if "207" in call["responses"]:
            in_part.add(call["operationId"])
    assert with_key == in_part == SENT_UPSTREAM


def test_no_name_of_the_inside_shows(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert not re.search(r"_api\b|gatehouse_|app\.\w|<\w+|[Pp]ydantic|object at 0x", text)


def test_no_two_models_share_a_name() -> None:
    for package in pkgutil.iter_modules(features.__path__):
        if importlib.util.find_spec(f"{features.__name__}.{package.name}.api"):
            importlib.import_module(f"{features.__name__}.{package.name}.api")
    names: dict[str, str] = {}
    for model in models():
        if model.__module__.endswith(".api"):
            assert names.setdefault(model.__name__, model.__module__) == model.__module__, model
    assert len(names) > 20


def models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from models(model)


def test_lists_are_paged_and_say_the_next_page(document: dict[str, Any], operations: Operations) -> None:
    paged = 0
    for _, path, call in operations:
        query = {p["name"]: p["schema"] for p in call["parameters"] if p["in"] == "query"}
        if "size" in query:
            assert (query["size"]["minimum"], query["size"]["maximum"]) == (1, 500), path
            assert query.keys() & {"page", "before", "after"}, path
            name = call["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[
                2
            ]
            schema = document["components"]["schemas"][name]
            assert schema["properties"]["next"]["anyOf"][0]["type"] == "integer", path
            assert "`next`" in schema["description"], path
            paged += 1
    assert paged >= 10


# --- how it is served ---


def test_anybody_may_read_it_but_only_people_the_page(app: Any, client: Browser) -> None:
    assert client.get("/api/v1/openapi.json").status_code == 200
    assert client.get("/api/docs").headers["Location"].startswith("/login")
    for role in ("admin", "auditor"):
        page = browser_of(app, add_person(app, role)).get("/api/docs")
        assert page.status_code == 200
        assert 'data-spec="/api/v1/openapi.json"' in page.text


@pytest.fixture
def client(app: Any) -> Browser:
    return app.test_client()  # type: ignore[no-any-return]


def test_it_keeps_no_host_that_a_reader_names(tmp_path: Path, empty_database: str) -> None:
    app = make_app(make_config(tmp_path, empty_database))
    document = fetched(app.test_client(), headers={"Host": "evil.example", "X-Forwarded-Prefix": "/evil"})
    assert document["servers"] == [{"url": "/"}]
    assert "evil" not in json.dumps(document)
    close_app(app)


def test_it_names_the_prefix_that_a_trusted_proxy_adds(tmp_path: Path, empty_database: str) -> None:
    app = make_app(make_config(tmp_path, empty_database, TRUSTED_PROXIES="1"))
    document = fetched(app.test_client(), headers={"X-Forwarded-Prefix": "/gatehouse"})
    assert document["servers"] == [{"url": "/gatehouse"}]
    close_app(app)
