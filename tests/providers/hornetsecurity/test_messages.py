"""Message search with every documented field, over customers, users and a whole partner."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.core.errors import Invalid, NotFound, Rejected
from app.core.messages import Criterion, Direction, MailClass, MailQuery, MailSource, MailState
from app.providers.hornetsecurity import calls, inferred
from app.providers.hornetsecurity.card import CARD
from app.providers.hornetsecurity.messages import SEARCH
from app.sandbox.server import Sandbox
from tests.contract.calls import Wire
from tests.net.servers import Peer, serve
from tests.providers.conftest import Bench
from tests.providers.hornetsecurity.conftest import FIRST, NOBODY, SECOND, Connect, site

LOG = MailQuery(MailSource.LOG, FIRST, size=50)
FIELDS = {field.name: field for field in CARD.mail[0].fields}
OURS = ("fix_ids", "region", "include_statistics")
"""Arguments of the search that are no question about a message."""


def searched(bench: Bench, /, query: MailQuery = LOG, **fields: str) -> Any:
    return bench.driver.search_log(replace(query, fields=tuple(fields.items())))


@pytest.fixture
def arrived() -> Iterator[tuple[Bench, list[Wire]]]:
    """A driver on a server that finds nothing, and what arrived there."""
    requests: list[Wire] = []

    def handler(peer: Peer) -> None:
        while (raw := peer.request()) is not None:
            requests.append(Wire(raw))
            node = {"object_id": 7, "id": 7, "name": FIRST, "type": "customer"}
            found = {"emails": [], "num_found_items": 0, "has_more_elements": False}
            answer = found if requests[-1].path.endswith("/_search/") else node
            peer.answer(json.dumps(answer).encode(), Content_Type="application/json")

    with serve(handler) as server:
        yield Bench("hornetsecurity", server.url, {**NOBODY, "api_token": "t"}), requests


def test_every_documented_field_of_the_search_can_be_asked_for(arrived: tuple[Bench, list[Wire]]) -> None:
    bench, requests = arrived
    values = {"size": "> 5 mb", "crypt_type_in": "7", "crypt_type_out": "1", "regex": "yes", "private": "no"}
    values |= {"is_archived": "yes", "last_remediation_actions": "move"}
    fields = tuple((name, values.get(name, "text")) for name in FIELDS)
    for name, value in fields:
        FIELDS[name].check(value)
    texts = dict.fromkeys(("sender", "recipient", "subject", "message_id", "text"), "a")
    asked = replace(LOG, fields=fields, classes=(MailClass.THREAT,), states=(MailState.DEFERRED,), **texts)
    bench.driver.search_log(asked)
    body = requests[-1].body
    [call] = [call for call in calls.contract().calls if call.name == SEARCH]
    documented = {argument.name for argument in call.arguments if argument.where == "body"}
    assert set(body) == documented - set(OURS)
    assert body["size"] == {"operator": "gt", "value": 5, "unit": "mb"}
    assert (body["crypt_type_in"], body["crypt_type_out"]) == ([7], [1])
    assert (body["regex"], body["private"], body["is_archived"]) == (True, False, True)
    assert body["last_remediation_actions"] == ["move"] and body["classification"] == [5, 12]


def test_what_is_not_asked_for_is_not_sent(arrived: tuple[Bench, list[Wire]]) -> None:
    bench, requests = arrived
    bench.driver.search_log(LOG)
    assert set(requests[-1].body) == {"date_from", "date_to", "offset", "limit", "sort", "direction"}


FITS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "attachments": (".exe", lambda item: item.attachments),
    "source_ip": ("203.0.113.", lambda item: "203.0.113." in str(item.facts)),
    "gateway": ("mx-gate", lambda item: item.host.startswith("mx-gate")),
    "smtp_code": ("554", lambda item: item.state is MailState.REJECTED),
    "reason": ("spam content", lambda item: item.reason == "spam content"),
    "size": ("> 1 MB", lambda item: item.size > 1024**2),
    "crypt_type_in": ("5", lambda item: "EMIG" in str(item.facts)),
}


@pytest.mark.parametrize("name", FITS)
def test_a_field_narrows_the_search(bench: Bench, name: str) -> None:
    value, fits = FITS[name]
    page = searched(bench, **{name: value})
    assert page.rows and all(fits(item) for item in page.rows)
    assert page.total < searched(bench).total or name == "gateway"


def test_texts_may_be_regular_expressions(bench: Bench) -> None:
    query = replace(LOG, subject="^(Re|AW): ")
    page = searched(bench, query, regex="yes")
    assert page.rows and all(item.subject.startswith(("Re: ", "AW: ")) for item in page.rows)
    assert not searched(bench, query).rows
    with pytest.raises(Rejected, match="regular expression"):
        searched(bench, replace(LOG, subject="("), regex="yes")


@pytest.mark.parametrize(
    ("name", "value"), [("size", "big"), ("size", "5 KB"), ("private", "maybe"), ("regex", "1")]
)
def test_what_the_panel_would_refuse_is_refused_before(name: str, value: str) -> None:
    with pytest.raises(Invalid):
        FIELDS[name].check(value)


# --- where it searches ---


def test_without_a_domain_the_whole_partner_is_searched(bench: Bench) -> None:
    page = bench.driver.search_log(replace(LOG, domain=None))
    assert len({item.key.domain for item in page.rows}) > 1
    for item in page.rows[:3]:
        assert bench.driver.read_mail(item.key).item.subject == item.subject


def test_more_rows_than_the_panel_shows_are_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert searched(bench).cut is None
    monkeypatch.setattr("app.providers.hornetsecurity.messages.MOST", 1000)
    assert "shows the newest 1000" in str(bench.driver.search_log(replace(LOG, domain=None)).cut)
    beyond = bench.driver.search_log(replace(LOG, domain=None, page=21))
    assert not beyond.rows and "Choose a shorter period" in str(beyond.cut)


def test_the_old_generation_searches_the_whole_partner_too(connect: Connect) -> None:
    assert len(connect(old=True).driver.search_log(replace(LOG, domain=None)).rows) == 1


def test_the_account_of_the_connection_is_as_far_as_it_goes(connect: Connect) -> None:
    page = connect(account=SECOND).driver.search_log(replace(LOG, domain=None))
    assert page.rows and {item.key.domain for item in page.rows} == {SECOND}


def test_a_customer_s_own_token_searches_that_customer(connect: Connect, sandbox: Sandbox) -> None:
    token = sandbox.upstreams["hornetsecurity"].credentials()["limited_token"]
    page = connect(api_token=token).driver.search_quarantine(MailQuery(MailSource.QUARANTINE, None))
    assert page.rows and {item.key.domain for item in page.rows} == {FIRST}


def test_a_message_of_an_alias_domain_is_opened_under_it_and_under_no_other(
    bench: Bench, sandbox: Sandbox
) -> None:
    """The old name of a customer is an alias domain now: there is no object of that name any more."""
    directory = site(sandbox).directory
    directory.change_object(directory.object_named(FIRST), name="hansen-neu.example")
    page = bench.driver.search_log(replace(LOG, domain=None, recipient=f"@{FIRST}"))
    item = page.rows[0]
    assert item.key.domain == FIRST
    assert bench.driver.read_mail(item.key).item.subject == item.subject
    with pytest.raises(NotFound):
        bench.driver.read_mail(replace(item.key, domain="unknown.example"))
    with pytest.raises(NotFound):
        bench.driver.read_mail(replace(item.key, domain=SECOND))


# --- what is held ---


def test_what_counts_as_held_is_a_guess_at_one_place(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    held = MailQuery(MailSource.QUARANTINE, FIRST, size=500)
    assert {item.state for item in bench.driver.search_quarantine(held).rows} == {MailState.QUARANTINED}
    monkeypatch.setattr(inferred, "HELD_CLASSES", (8,))
    only = bench.driver.search_quarantine(held)
    assert only.rows and {item.mail_class for item in only.rows} == {MailClass.CONTENT}
    spam = bench.driver.search_log(replace(LOG, classes=(MailClass.SPAM,), size=5)).rows
    assert {item.state for item in spam} == {MailState.UNKNOWN}


def test_outgoing_mail_is_searched_from_our_side(bench: Bench) -> None:
    query = replace(LOG, direction=Direction.OUT, classes=(MailClass.CLEAN,))
    item = bench.driver.search_log(query).rows[0]
    assert item.sender.endswith(f"@{FIRST}")
    found = bench.driver.search_log(replace(query, sender=item.sender, recipient=item.recipients[0]))
    assert item.key.ref in [row.key.ref for row in found.rows]
    assert Criterion.DIRECTION not in found.ignored


def test_a_subject_is_read_and_found_in_either_spelling(bench: Bench) -> None:
    page = searched(bench, replace(LOG, subject="=?utf-8?", size=1, classes=()))
    item = page.rows[0]
    assert "=?" not in item.subject
    assert searched(bench, replace(LOG, subject=item.subject)).rows
