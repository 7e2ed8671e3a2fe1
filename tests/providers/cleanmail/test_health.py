"""Health reports as they may come, and what is sent to try a relay."""

from datetime import UTC, datetime

import pytest

from app.core.errors import Malformed, NotSupported, OutcomeUnknown
from app.core.model import Route, Verdict
from app.providers.cleanmail.health import read_report


def report(*entries, status=True, at=1_700_000_000):
    return {"performedAt": at, "report": {"status": status, "entries": list(entries)}}


def verdicts(*args, **kwargs):
    return [(reading.check, reading.verdict) for reading in read_report(report(*args, **kwargs), "")]


def entry(result, kind="MX", *output):
    return {"type": kind, "result": result, "output": list(output)}


def test_the_overall_verdict_is_not_that_of_its_tests():
    both = verdicts(entry("OK"), entry("ERROR_DKIM_MISSING_ENTRY", "DKIM"), status=True)
    assert both == [("mx", Verdict.PASS), ("dkim", Verdict.FAIL)]
    assert verdicts(entry("OK"), status=False) == [("mx", Verdict.PASS), ("report", Verdict.FAIL)]


@pytest.mark.parametrize("result", ["SOMETHING_NEW", "", None, 7, "ok"])
def test_a_result_that_nobody_documents_is_unknown_and_never_a_pass(result):
    assert verdicts(entry(result)) == [("mx", Verdict.UNKNOWN)]


@pytest.mark.parametrize("kind", ["<b>", "x" * 200, None, 7.5, "ä"])
def test_a_kind_of_test_that_is_no_word_is_a_report(kind):
    [(check, _)] = verdicts(entry("ERROR", kind))
    assert check in ("report", "7")


@pytest.mark.parametrize("entries", [None, [], "x", [None, 3]])
def test_a_report_without_tests_is_unknown(entries):
    found = read_report({"performedAt": None, "report": {"entries": entries}}, "")
    assert [(r.check, r.verdict, r.seen_at) for r in found] == [("report", Verdict.UNKNOWN, None)]


def test_huge_and_odd_output_is_cut():
    long = read_report(report(entry("ERROR", "SMTP", *(["x" * 10_000] * 500))), "Main")
    assert len(str(long[0].found)) < 5000 and long[0].subject == "Main" and long[0].check == "route"
    odd = read_report(report({"type": "MX", "result": "ERROR", "output": {"a": 1}}), "")
    assert str(odd[0].found) == "ERROR"
    assert len(read_report(report(*[entry("OK")] * 5000), "")) == 30


def test_seconds_and_milliseconds_are_the_same_moment():
    for at in (1_700_000_000, 1_700_000_000_000):
        assert read_report(report(entry("OK"), at=at), "")[0].seen_at == datetime.fromtimestamp(
            1_700_000_000, UTC
        )


def test_a_passed_test_with_a_remark_is_a_warning():
    assert verdicts(entry("OK", "SMTP", "Warning: STARTTLS is not offered", "Passed")) == [
        ("route", Verdict.WARN)
    ]


def test_trying_a_relay_sends_both_hosts_and_no_credentials(cm, calls):
    cm.driver.try_relay([Route("mail.relay.example", 25), Route("backup.nordwind.example", 26)])
    assert calls() == ["tryRelayConfiguration"]
    for routes in ([], [Route("a.example")] * 3):
        with pytest.raises(NotSupported):
            cm.driver.try_relay(routes)
    assert calls() == []


@pytest.mark.parametrize("call", ["getDomainHealth", "getDiagnosticOfExistingRelay", "runDomainDiagnostic"])
def test_rubbish_is_no_report(cm, fault, call):
    fault("malformed", call)
    ask = cm.driver.run_health if call.startswith("run") else cm.driver.read_health
    with pytest.raises((Malformed, OutcomeUnknown)):
        ask("nordwind.example")
