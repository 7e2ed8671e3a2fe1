"""Long lists: pages side by side, each row once, and never half a list for a whole one."""

import threading

import pytest

from app.core.errors import BadCredentials, Malformed, Rejected, Unreachable
from tests.net.servers import free_port
from tests.providers.conftest import Bench


def names(bench):
    return [domain.name for batch in bench.driver.list_domains() for domain in batch]


def rows(count, first=0):
    return [
        {"id": f"i{number}", "name": f"d{number}.example", "status": "DELETED" if number == 0 else "ENABLED"}
        for number in range(first, first + count)
    ]


def paged(listed, told, most=10_000, total=None):
    """The page that was asked for."""
    offset, size = int(told.query["offset"]), min(int(told.query["pageSize"]), most)
    headers = {"X-Total-Count": str(len(listed) if total is None else total)}
    return 200, listed[offset : offset + size], headers


def test_a_long_list_costs_one_call_for_200_domains(cm, sandbox, calls):
    sandbox.seed(1030, ["cleanmail"])
    calls()
    batches = list(cm.driver.list_domains())
    assert [len(batch) for batch in batches] == [200, 200, 200, 200, 200, 30]
    assert len({domain.name for batch in batches for domain in batch}) == 1030
    assert calls() == ["listDomains"] * 6
    queries = [record.url.partition("?")[2] for record in cm.records]
    assert all("sort=id" in query and "pageSize=200" in query for query in queries)


def test_batches_are_read_as_they_are_needed(cm, sandbox, calls):
    """Two pages run ahead (half of the connection's four places), the rest waits until somebody wants it."""
    sandbox.seed(1030, ["cleanmail"])
    calls()
    batches = cm.driver.list_domains()
    next(batches), next(batches)
    batches.close()
    assert len(calls()) <= 4


def test_pages_are_asked_for_side_by_side(answering):
    """Two pages must be under way before the first of them is answered."""
    both = threading.Barrier(2, timeout=10)

    def answer(told):
        if told.query["offset"] != "0":
            both.wait()
        return paged(rows(600), told)

    bench, asked = answering(answer, parallel=4)
    assert len(names(bench)) == 600 and len(asked) == 3


def test_deleted_domains_are_asked_for_when_the_list_shows_none(answering):
    def answer(told):
        if told.query.get("status") == "DELETED":
            return paged([*rows(1), *rows(1, 5)], told)  # the second is not deleted: the filter was ignored
        return paged(rows(5, 1), told)

    bench, asked = answering(answer)
    assert names(bench) == [
        "d1.example",
        "d2.example",
        "d3.example",
        "d4.example",
        "d5.example",
        "d0.example",
    ]
    assert len(asked) == 2


def test_a_server_whose_pages_are_shorter_than_asked_for(answering):
    bench, asked = answering(lambda told: paged(rows(130), told, most=50))
    assert names(bench) == [f"d{number}.example" for number in range(130)]
    assert sorted(told.query["offset"] for told in asked) == ["0", "100", "50"]


def test_a_list_that_cannot_be_sorted_by_id_is_read_page_after_page(answering):
    def answer(told):
        if "sort" in told.query:
            return 400, {"message": "'id' is no field to sort by."}, {}
        return paged(rows(450), told)

    bench, asked = answering(answer)
    assert len(names(bench)) == 450
    assert [told.query["offset"] for told in asked] == ["0", "0", "200", "400"]


def test_another_refusal_is_not_taken_for_that(answering):
    bench, asked = answering(lambda told: (422, {"message": "no"}, {}))
    with pytest.raises(Rejected):
        names(bench)
    assert len(asked) == 1


def test_a_list_without_a_total_ends_with_a_short_page(answering):
    def answer(told):
        status, page, _ = paged(rows(450), told)
        return status, page, {}

    bench, asked = answering(answer)
    assert len(names(bench)) == 450 and len(asked) == 3


def test_a_list_without_a_total_that_does_not_page_at_all(answering):
    bench, asked = answering(lambda told: (200, rows(300), {}))
    assert len(names(bench)) == 300 and len(asked) == 2


def test_a_list_that_changes_under_our_hands_is_read_again(answering):
    """A domain was purged between two pages, so one slipped through; the second reading finds it, and it alone."""
    state = {"rows": rows(400)}

    def answer(told):
        answered = paged(state["rows"], told)
        if told.query["offset"] == "0" and len(state["rows"]) == 400:
            del state["rows"][5]
        return answered

    bench, asked = answering(answer, parallel=1)
    batches = [[d.name for d in batch] for batch in bench.driver.list_domains()]
    assert [len(batch) for batch in batches] == [200, 199, 1] and batches[2] == ["d200.example"]
    assert len(asked) == 4


def test_a_list_that_never_stands_still_is_taken_when_it_is_whole(answering):
    state = {"count": 250}

    def answer(told):
        answered = paged(rows(state["count"]), told)
        state["count"] += 1
        return answered

    bench, asked = answering(answer, parallel=1)
    found = names(bench)
    assert len(found) == len(set(found)) >= 255 and len(asked) == 6


def test_half_a_list_never_passes_for_a_whole_one(cm, fault, calls):
    fault("half", "listDomains")
    with pytest.raises(Malformed, match="The list is not complete"):
        names(cm)
    fault("half", "listDomains", count=1)
    assert len(names(cm)) == 12


def test_a_total_that_is_a_lie_costs_no_endless_calls(answering):
    bench, asked = answering(lambda told: paged(rows(3), told, total=10**9))
    with pytest.raises(Malformed, match="3 of 1000000000"):
        names(bench)
    assert len(asked) < 20


@pytest.mark.parametrize("body", [{}, [1], None, b"<html>hello</html>", b'[{"id": "x"'])
def test_a_list_that_is_none_is_malformed(answering, body):
    bench, _ = answering(lambda told: (200, body, {}))
    with pytest.raises(Malformed):
        names(bench)


def test_a_list_of_what_are_no_domains(answering):
    bench, _ = answering(lambda told: (200, [{"id": "x"}], {"X-Total-Count": "1"}))
    with pytest.raises(Malformed, match="no domain"):
        names(bench)


@pytest.mark.parametrize(
    "act", [names, lambda b: b.driver.read_domain("a.example"), lambda b: b.driver.probe()]
)
@pytest.mark.parametrize("body", [b"", b"<html>Not Found</html>", {"message": "There is no such call."}])
def test_an_address_without_the_api_is_told(answering, act, body):
    bench, _ = answering(lambda told: (404, body, {}))
    with pytest.raises(Malformed, match="ends with /api/v3"):
        act(bench)


def test_an_error_in_the_middle_ends_the_list(answering):
    def answer(told):
        return paged(rows(600), told) if told.query["offset"] != "200" else (403, {"message": "no"}, {})

    bench, _ = answering(answer)
    batches = bench.driver.list_domains()
    assert len(next(batches)) == 200
    with pytest.raises(BadCredentials):
        next(batches)


def test_nobody_there():
    bench = Bench("cleanmail", f"http://127.0.0.1:{free_port()}", {"token": "x"})
    with pytest.raises(Unreachable):
        names(bench)


def test_an_empty_service(cm, upstream):
    for row in upstream.records.every("domains"):
        upstream.records.remove("domains", row)
    assert names(cm) == []
