"""Writes: once and never again, and the line between "surely not done" and "maybe done"."""

import threading
import time

import pytest

from app.core.deadline import deadline_in
from app.core.errors import OutcomeUnknown, RateLimited, Unreachable
from app.net.limits import LocalLimits
from app.net.transport import IDLE_BEFORE_WRITE
from tests.net.servers import Peer, answering, deaf_port, free_port, serve


def hang_up(peer: Peer) -> None:
    peer.request()


def reset(peer: Peer) -> None:
    peer.request()
    peer.reset()


def wait(peer: Peer) -> None:
    peer.request()
    peer._server.over.wait()


def cut(peer: Peer) -> None:
    peer.request()
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def babble(peer: Peer) -> None:
    peer.request()
    peer.send(b"250 Ok: queued\r\n")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("handler", [hang_up, reset, cut, babble])
def test_once_it_may_have_left_the_outcome_is_unknown_and_it_is_not_repeated(bench, handler, method):
    with serve(handler) as server:
        made = bench(server.url)
        with pytest.raises(OutcomeUnknown, match="Nobody knows yet whether the change was made"):
            made.http.write("x", method, "/", form={"a": "b"})
        assert len(server.requests) == 1
    assert made.pauses == [] and [r.write for r in made.records] == [True]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_answer_in_time_is_unknown_and_is_not_repeated(bench, method):
    with serve(wait) as server:
        made = bench(server.url, write_timeout=0.5)
        with pytest.raises(OutcomeUnknown, match=r"did not answer in time\. Nobody knows yet"):
            made.http.write("x", method, "/", form={"a": "b"})
        assert server.arrived(1) == len(made.records) == 1


def test_an_answer_that_drips_is_unknown(bench, later):
    def handler(peer: Peer) -> None:
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        later.set()
        while peer.send(b"x") and not server.over.wait(0.01):
            pass

    with serve(handler) as server:
        with pytest.raises(OutcomeUnknown, match=r"in time\. Nobody knows yet"):
            bench(server.url).http.write("x", "POST", "/")
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_a_redirect_of_a_write_is_unknown_and_not_followed(bench, status):
    with serve(answering(b"", status, Location="/there")) as server:
        with pytest.raises(OutcomeUnknown, match="redirects to"):
            bench(server.url).http.write("x", "POST", "/")
    assert len(server.requests) == 1


def test_an_answer_longer_than_the_cap_is_unknown(bench):
    with serve(answering(b"x" * 2000)) as server:
        with pytest.raises(OutcomeUnknown, match="longer than"):
            bench(server.url, body_cap=1000).http.write("x", "POST", "/")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "status", ["200 OK", "400 Bad", "401 Who", "409 There", "500 Oh", "502 Bad", "503 Busy"]
)
def test_any_other_status_is_an_answer_and_is_not_repeated(bench, status):
    with serve(answering(b"words", status, Retry_After="1")) as server:
        answer = bench(server.url).http.write("x", "POST", "/")
    assert (answer.status, answer.body, answer.write) == (int(status[:3]), b"words", True)
    assert len(server.requests) == 1


def test_429_means_surely_not_done(bench):
    with serve(answering(b"", "429 Slow down", Retry_After="3")) as server:
        made = bench(server.url)
        with pytest.raises(RateLimited) as caught:
            made.http.write("x", "POST", "/")
    assert caught.value.retry_after == 3 and len(server.requests) == 1 and made.pauses == []


def test_no_connection_means_surely_not_done(bench):
    with pytest.raises(Unreachable, match=r"refuses connections .* Nothing was changed"):
        bench(f"http://127.0.0.1:{free_port()}").http.write("x", "POST", "/")
    with deaf_port() as port, pytest.raises(Unreachable, match="did not accept a connection"):
        bench(f"http://127.0.0.1:{port}", connect_timeout=0.05).http.write("x", "POST", "/")
    with pytest.raises(Unreachable, match="not found in DNS"):
        bench("http://no-such-host.invalid").http.write("x", "POST", "/")


def test_after_the_deadline_nothing_is_sent(bench):
    with serve(answering()) as server:
        with deadline_in(0), pytest.raises(Unreachable, match="Nothing was sent"):
            bench(server.url).http.write("x", "POST", "/")
    assert server.connections == 0


def test_the_deadline_of_a_page_ends_the_wait_for_an_answer(bench):
    with serve(wait) as server:
        with deadline_in(0.5), pytest.raises(OutcomeUnknown, match="did not answer in time"):
            bench(server.url).http.write("x", "POST", "/")


def test_a_longer_wait_than_the_write_time_out_is_not_granted(bench):
    with serve(wait) as server:
        with pytest.raises(OutcomeUnknown, match="did not answer in time"):
            bench(server.url, write_timeout=0.5).http.write("x", "POST", "/", timeout=3600)


def test_no_free_place_in_time_means_surely_not_done(bench):
    limits = LocalLimits(1, 0)
    with serve(answering()) as server, limits.place(1):
        with pytest.raises(Unreachable, match="already running"):
            bench(server.url, limits, write_timeout=0.05).http.write("x", "POST", "/")
    assert server.connections == 0


def test_a_kept_connection_that_the_server_closed_is_not_used_for_a_write(bench):
    closed = threading.Event()

    def handler(peer: Peer) -> None:
        peer.request()
        peer.answer(b"one")
        peer.sock.close()
        closed.set()

    with serve(handler) as server:
        http = bench(server.url).http
        http.read("x", "GET", "/")
        assert closed.wait(5)
        assert http.write("x", "POST", "/").body == b"one"
    assert server.connections == 2 and len(server.requests) == 2


def test_a_kept_connection_that_was_idle_is_not_used_for_a_write(bench, monkeypatch):
    """Only a server that closes at the very moment of the write is left, and a short idle time makes that unlikely."""
    with serve(answering()) as server:
        http = bench(server.url).http
        http.read("x", "GET", "/")
        http.write("x", "POST", "/")
        assert server.connections == 1
        now = time.monotonic
        monkeypatch.setattr("app.net.transport.time.monotonic", lambda: now() + IDLE_BEFORE_WRITE + 0.1)
        http.write("x", "POST", "/", timeout=60)
        assert server.connections == 2


def test_two_writes_are_two(bench):
    with serve(answering()) as server:
        http = bench(server.url).http
        http.write("x", "POST", "/", json={"n": 1})
        http.write("x", "POST", "/", json={"n": 2})
    assert [r.rpartition(b"\r\n")[2] for r in server.requests] == [b'{"n":1}', b'{"n":2}']
