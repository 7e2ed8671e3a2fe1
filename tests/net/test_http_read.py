"""Reads: what is repeated, how often, and what error each failure becomes."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.core.deadline import deadline_in
from app.core.errors import Malformed, RateLimited, Unreachable
from tests.net.servers import Peer, answering, deaf_port, free_port, serve


def test_a_read_returns_status_headers_and_body(bench):
    with serve(answering(b"hello", X_Test="yes")) as server:
        answer = bench(server.url).http.read("greet", "GET", "/hello")
    assert (answer.status, answer.body, answer.headers["x-test"]) == (200, b"hello", "yes")
    assert answer.ok and not answer.write and answer.ms > 0
    assert server.requests[0].startswith(b"GET /hello HTTP/1.1\r\n")


@pytest.mark.parametrize("status", ["404 Not Found", "401 Unauthorized", "500 Oh", "204 Nothing"])
def test_any_other_status_is_an_answer_and_is_not_repeated(bench, status):
    with serve(answering(b"", status)) as server:
        assert bench(server.url).http.read("x", "GET", "/").status == int(status[:3])
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["502 Bad", "503 Busy", "504 Slow"])
def test_a_gateway_error_is_tried_three_times_and_then_answered(bench, status):
    with serve(answering(b"sorry", status)) as server:
        made = bench(server.url, jitter=1.0)
        answer = made.http.read("x", "GET", "/")
    assert answer.status == int(status[:3])
    assert len(server.requests) == 3
    assert made.pauses == [0.3, 0.6]
    assert [record.attempt for record in made.records] == [1, 2, 3]


def test_the_pauses_are_random_and_may_be_none_at_all(bench):
    with serve(answering(b"", "503 Busy")) as server:
        made = bench(server.url, jitter=0.0)
        made.http.read("x", "GET", "/")
    assert made.pauses == [0.0, 0.0]


def test_a_read_that_succeeds_at_the_second_try_is_a_success(bench):
    def handler(peer: Peer) -> None:
        peer.request()
        if len(server.requests) == 1:
            peer.reset()
        else:
            peer.answer(b"there")

    with serve(handler) as server:
        made = bench(server.url)
        assert made.http.read("x", "GET", "/").body == b"there"
    assert [bool(record.problem) for record in made.records] == [True, False]


def test_a_refused_connection(bench):
    made = bench(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match=r"refuses connections on port .* Nothing was changed"):
        made.http.read("x", "GET", "/")
    assert len(made.records) == 3


def test_a_name_that_does_not_exist_is_not_asked_again(bench):
    made = bench("http://no-such-host.invalid")
    with pytest.raises(Unreachable, match=r"no-such-host\.invalid is not found in DNS"):
        made.http.read("x", "GET", "/")
    assert len(made.records) == 1


@pytest.mark.parametrize("close", [Peer.reset, lambda peer: None], ids=["reset", "closed"])
def test_a_connection_that_is_cut_before_the_answer(bench, close):
    def handler(peer: Peer) -> None:
        peer.request()
        close(peer)

    with serve(handler) as server:
        with pytest.raises(Unreachable, match="closed the connection without an answer"):
            bench(server.url).http.read("x", "GET", "/")
    assert len(server.requests) == 3


def test_no_answer_in_time(bench):
    def handler(peer: Peer) -> None:
        peer.request()
        server.over.wait()

    with serve(handler) as server:
        made = bench(server.url, read_timeout=0.2)
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 did not answer in time\. Nothing was changed"):
            made.http.read("x", "GET", "/")
        assert server.arrived(3) == len(made.records) == 3


def test_the_time_out_of_one_call_can_differ(bench):
    def handler(peer: Peer) -> None:
        peer.request()
        server.over.wait()

    with serve(handler) as server:
        with pytest.raises(Unreachable, match="did not answer in time"):
            bench(server.url, read_timeout=3600).http.read("x", "GET", "/", timeout=0.05)


def test_no_connection_in_time(bench):
    with deaf_port() as port:
        made = bench(f"http://127.0.0.1:{port}", connect_timeout=0.05)
        with pytest.raises(Unreachable, match=r"did not accept a connection on port \d+ in time"):
            made.http.read("x", "GET", "/")
    assert len(made.records) == 3


def test_an_answer_that_drips_is_bounded_by_the_deadline(bench, later):
    def handler(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        later.set()
        while peer.send(b"x") and not server.over.wait(0.01):
            pass

    with serve(handler) as server:
        with deadline_in(60), pytest.raises(Unreachable, match="did not answer in time"):
            bench(server.url, read_timeout=50).http.read("x", "GET", "/")


def test_a_body_that_drips_is_bounded_by_the_deadline(bench, later):
    def handler(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        peer.send(
            b"x" * 20_000_000
        )  # more than fits on the way, so the client is in the middle of the body now
        later.set()
        while peer.send(b"x") and not server.over.wait(0.01):
            pass

    with serve(handler) as server:
        with deadline_in(60), pytest.raises(Unreachable, match="did not finish its answer in time"):
            bench(server.url, read_timeout=50).http.read("x", "GET", "/")


def test_after_the_deadline_nothing_is_sent(bench):
    with serve(answering()) as server:
        with deadline_in(0), pytest.raises(Unreachable, match="no time left"):
            bench(server.url).http.read("x", "GET", "/")
    assert server.connections == 0


def test_what_does_not_speak_http(bench):
    def handler(peer: Peer) -> None:
        peer.send(b"220 mail.example.org ESMTP ready\r\n")
        peer.request()

    with serve(handler) as server:
        with pytest.raises(Malformed, match="does not speak HTTP"):
            bench(server.url).http.read("x", "GET", "/")
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
    ids=["length", "inside a chunk", "between chunks", "bad chunk"],
)
def test_an_answer_that_is_cut_off(bench, answer):
    def handler(peer: Peer) -> None:
        peer.request()
        peer.send(answer)

    with serve(handler) as server:
        with pytest.raises(Malformed, match="was cut off"):
            bench(server.url).http.read("x", "GET", "/")
    assert len(server.requests) == 3


def test_retry_after_in_seconds_is_waited_for(bench):
    def handler(peer: Peer) -> None:
        while peer.request() is not None:
            if len(server.requests) == 1:
                peer.answer(b"", "429 Slow down", Retry_After="7")
            else:
                peer.answer(b"now")

    with serve(handler) as server:
        made = bench(server.url)
        assert made.http.read("x", "GET", "/").body == b"now"
    assert made.pauses == [7.0]


def test_retry_after_as_a_date_is_waited_for(bench):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    with serve(answering(b"", "503 Busy", Retry_After=at)) as server:
        made = bench(server.url)
        assert made.http.read("x", "GET", "/").status == 503
    assert all(10 < pause <= 20 for pause in made.pauses) and len(made.pauses) == 2


def test_retry_after_beyond_the_deadline_is_told_not_waited_for(bench):
    with serve(answering(b"", "429 Slow down", Retry_After="60")) as server:
        made = bench(server.url)
        with deadline_in(30), pytest.raises(RateLimited, match="no more calls for 60 s") as caught:
            made.http.read("x", "GET", "/")
    assert caught.value.retry_after == 60
    assert made.pauses == [] and len(server.requests) == 1


def test_retry_after_without_a_deadline_is_not_waited_for_ever(bench):
    with serve(answering(b"", "429 Slow down", Retry_After="3600")) as server:
        made = bench(server.url)
        with pytest.raises(RateLimited) as caught:
            made.http.read("x", "GET", "/")
    assert caught.value.retry_after == 3600 and made.pauses == []


def test_429_without_a_time(bench):
    with serve(answering(b"", "429 Slow down", Retry_After="soon")) as server:
        with pytest.raises(RateLimited, match="no more calls for now") as caught:
            bench(server.url).http.read("x", "GET", "/")
    assert caught.value.retry_after is None and len(server.requests) == 3


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed_and_only_its_host_is_named(bench, status):
    with (
        serve(answering()) as elsewhere,
        serve(
            answering(b"", status, Location=f"http://elsewhere.example:{elsewhere.port}/?password=abc123")
        ) as server,
    ):
        with pytest.raises(Malformed, match=r"redirects to http://elsewhere\.example instead") as caught:
            bench(server.url).http.read("x", "GET", "/")
    assert elsewhere.requests == [] and len(server.requests) == 1
    assert "abc123" not in str(caught.value)


@pytest.mark.parametrize("location", ["/login", "http://[broken", "", "//\x7f"])
def test_a_redirect_to_nowhere(bench, location):
    with serve(answering(b"", "302 Found", Location=location)) as server:
        with pytest.raises(Malformed, match="redirects to"):
            bench(server.url).http.read("x", "GET", "/")


def test_the_body_of_a_redirect_is_capped_too(bench):
    with serve(answering(b"x" * 5000, "302 Found", Location="/")) as server:
        with pytest.raises(Malformed, match="longer than"):
            bench(server.url, body_cap=1000).http.read("x", "GET", "/")


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "https://", "https://user:pass@x.example", "http://x:99999", "http://[x"]
)
def test_an_address_that_cannot_be_used_is_said_when_somebody_calls(bench, url):
    with pytest.raises(Unreachable, match="address of the connection cannot be used"):
        bench(url).http.read("x", "GET", "/")


def test_connections_are_kept(bench):
    with serve(answering(b"")) as server:
        made = bench(server.url)
        for _ in range(5):
            made.http.read("x", "GET", "/")
    assert server.connections == 1


def test_a_base_path_a_query_a_form_and_json_arrive_as_meant(bench):
    with serve(answering()) as server:
        http = bench(server.url + "/base/").http
        http.read("x", "GET", "/path?a=1", query={"name": "a b&c=d%é+"}, accept="application/json")
        http.read("x", "POST", "form", form=[("k", "1 2"), ("k", "ü")])
        http.read("x", "PUT", "json", json={"ü": [1, None]}, headers={"X-Extra": "yes"})
    first, form, json = (request.decode() for request in server.requests)
    assert first.startswith("GET /base/path?a=1&name=a%20b%26c%3Dd%25%C3%A9%2B HTTP/1.1\r\n")
    assert "Accept: application/json\r\n" in first
    assert form.endswith("\r\n\r\nk=1+2&k=%C3%BC") and "application/x-www-form-urlencoded" in form
    assert json.endswith('\r\n\r\n{"ü":[1,null]}') and "X-Extra: yes" in json


def test_cookies_are_not_kept(bench):
    with serve(answering(b"", Set_Cookie="session=abc")) as server:
        http = bench(server.url).http
        http.read("x", "GET", "/")
        http.read("x", "GET", "/")
    assert b"ookie" not in server.requests[1]


def test_proxy_and_netrc_of_the_environment_are_ignored(bench, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    with serve(answering()) as server:
        bench(server.url).http.read("x", "GET", "/")
    assert b"uthorization" not in server.requests[0]


def test_basic_credentials_go_out_unasked_in_utf8(bench):
    with serve(answering()) as server:
        bench(server.url).http.read("x", "GET", "/", auth=("us", "pä:ss"))
    assert b"Authorization: Basic dXM6cMOkOnNz\r\n" in server.requests[0]


@pytest.mark.parametrize("token", ["line\r\nbreak", "кириллица"])
def test_a_token_that_no_header_can_carry(bench, token):
    with serve(answering()) as server:
        with pytest.raises(Unreachable, match="cannot be built") as caught:
            bench(server.url).http.read("x", "GET", "/", headers={"Authorization": token})
    assert server.connections == 0
    assert token not in str(caught.value) and caught.value.__context__ is None


def test_the_duration_counts_the_body(bench):
    def handler(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
        time.sleep(0.1)
        peer.send(b"x")

    with serve(handler) as server:
        assert bench(server.url).http.read("x", "GET", "/").ms >= 90
