"""Every error has its status and its words, says whether anything was changed, and shows no insides."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.core import errors
from app.core.errors import (
    AlreadyThere,
    BadCredentials,
    Conflict,
    Forbidden,
    GatehouseError,
    Invalid,
    Malformed,
    NotFound,
    NotSupported,
    NotThere,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unreachable,
    UnsafePlan,
)
from app.core.text import msg
from app.web.errors import KINDS, kind_of
from tests.browser import Browser
from tests.conftest import SignIn

SAID = msg("What happened, with {name}.", name="<b>example.org</b>")
CASES: list[tuple[GatehouseError, int]] = [
    (Invalid({"domain": SAID}), 422),
    (NotSupported("domain_add", SAID), 409),
    (Forbidden(SAID), 403),
    (NotFound(SAID), 404),
    (Conflict(SAID), 409),
    (UnsafePlan(SAID, "abc"), 409),
    (Rejected("What happened, with <b>example.org</b>."), 409),
    (AlreadyThere("What happened, with <b>example.org</b>."), 409),
    (NotThere("What happened, with <b>example.org</b>."), 409),
    (BadCredentials(SAID), 502),
    (RateLimited(SAID, 7.4), 503),
    (Unreachable(SAID), 502),
    (OutcomeUnknown(SAID), 502),
    (Malformed(SAID, "<html>"), 502),
    (GatehouseError(SAID), 500),
]


@pytest.fixture
def failing(app: Any) -> Any:
    """Makes the addresses /fail and /api/v1/fail raise what is set."""
    raised: dict[str, BaseException] = {}

    def fail() -> None:
        raise raised["error"]

    app.add_url_rule("/fail", "fail", fail, methods=["GET", "POST"])
    app.add_url_rule("/api/v1/fail", "api_fail", fail)

    def set_error(error: BaseException) -> None:
        raised["error"] = error

    return set_error


@pytest.mark.parametrize(("error", "status"), CASES, ids=lambda case: type(case).__name__)
def test_each_error_as_a_page(failing: Any, client: Browser, error: GatehouseError, status: int) -> None:
    failing(error)
    page = client.get("/fail")
    assert page.status_code == status
    assert "What happened, with &lt;b&gt;example.org&lt;/b&gt;." in page.text
    assert "<b>example.org" not in page.text
    unknown = isinstance(error, OutcomeUnknown)
    assert ("It may have been changed or not." in page.text) is unknown
    assert ("Nothing was changed." in page.text) is not unknown
    assert page.headers["X-Request-ID"] in page.text


@pytest.mark.parametrize(("error", "status"), CASES, ids=lambda case: type(case).__name__)
def test_each_error_as_json(failing: Any, client: Browser, error: GatehouseError, status: int) -> None:
    failing(error)
    answer = client.get("/api/v1/fail")
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    data = answer.get_json()
    assert data["status"] == status
    assert "<b>example.org</b>" in data["detail"]
    assert data["request_id"] == answer.headers["X-Request-ID"]
    assert ("fields" in data) is isinstance(error, Invalid)


def test_every_error_of_core_is_in_the_table() -> None:
    named = {cls for cls, _ in KINDS} - {GatehouseError, errors.UpstreamError}
    found = {
        cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, GatehouseError)
    }
    assert {c for c in found if not any(issubclass(c, known) for known in named)} == {
        GatehouseError,
        errors.UpstreamError,
    }


def test_no_line_of_the_table_hides_behind_another() -> None:
    classes = [cls for cls, _ in KINDS]
    for number, cls in enumerate(classes):
        assert not any(issubclass(cls, earlier) for earlier in classes[:number]), cls


def test_a_status_is_never_a_guess() -> None:
    assert kind_of(RateLimited(SAID)).status == 503


def test_how_long_to_wait_is_said(failing: Any, client: Browser) -> None:
    failing(RateLimited(SAID, 7.4))
    assert client.get("/fail").headers["Retry-After"] == "7"
    failing(RateLimited(SAID))
    assert "Retry-After" not in client.get("/fail").headers


def test_a_fault_of_ours_shows_nothing_of_its_insides(
    failing: Any, client: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    failing(RuntimeError("MARKED insides"))
    with caplog.at_level(logging.ERROR):
        page = client.get("/fail")
    assert page.status_code == 500
    assert "MARKED" not in page.text and "Traceback" not in page.text and "RuntimeError" not in page.text
    assert page.headers["X-Request-ID"] in page.text
    assert any(record.exc_info for record in caplog.records)


def test_a_fault_in_a_post_does_not_claim_that_nothing_was_changed(failing: Any, sign_in: SignIn) -> None:
    failing(RuntimeError("x"))
    page = sign_in("admin").send("/fail")
    assert page.status_code == 500
    assert "Nothing was changed." not in page.text
    assert "may have been carried out" in page.text


def test_a_database_that_does_not_answer_is_503(
    failing: Any, client: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    failing(OperationalError("SELECT secret", {"password": "MARKED"}, Exception("connection refused")))
    with caplog.at_level(logging.ERROR):
        page = client.get("/fail")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "10")
    assert "MARKED" not in page.text + caplog.text
    assert "SELECT" not in page.text + caplog.text


@pytest.mark.parametrize("error", [DataError("s", {}, Exception("out of range")), OverflowError("too large")])
def test_values_that_no_database_holds_are_not_found(failing: Any, client: Browser, error: Exception) -> None:
    failing(error)
    assert client.get("/fail").status_code == 404


def test_pages_that_do_not_exist(client: Browser, sign_in: SignIn) -> None:
    assert client.get("/nowhere").status_code == 404
    assert client.get("/api/v1/nowhere").mimetype == "application/problem+json"
    page = sign_in("support").get("/nowhere")
    assert page.status_code == 404
    assert "Main navigation" in page.text


def test_the_wrong_method_says_which_are_right(client: Browser) -> None:
    answer = client.get("/theme")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_form_that_is_too_large_is_refused(app: Any, failing: Any, client: Browser) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    assert client.post("/theme", data={"x": "y" * 2000}).status_code == 413
    failing(RequestEntityTooLarge())
    assert client.get("/fail").status_code == 413


def test_a_missing_token_is_explained(client: Browser) -> None:
    page = client.post("/theme", data={"theme": "dark"})
    assert page.status_code == 400
    assert "open for too long" in page.text
    assert "Nothing was changed." in page.text


def test_a_rare_http_error_keeps_its_status(failing: Any, client: Browser) -> None:
    teapot = HTTPException("I am <i>short</i>")
    teapot.code = 418
    failing(teapot)
    page = client.get("/fail")
    assert page.status_code == 418
    assert "<i>short" not in page.text


def test_an_error_inside_a_part_of_a_page_takes_the_whole_page(failing: Any, client: Browser) -> None:
    failing(NotFound(SAID))
    assert client.get("/fail", headers={"HX-Request": "true"}).headers["HX-Retarget"] == "body"
    assert "HX-Retarget" not in client.get("/fail").headers
