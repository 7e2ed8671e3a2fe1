"""Limits of a connection: really so many at once, really so many a second, and a breaker that opens and tries again."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from app.core.errors import GatehouseError, Unreachable
from app.core.model import Connection
from app.net.limits import LocalLimits, limits_for
from tests.net.servers import Peer, answering, free_port, serve


class Time:
    """A clock that only moves when somebody sleeps or sets it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def limits(time: Time, parallel: int = 8, per_second: float = 0, **kwargs) -> LocalLimits:
    return LocalLimits(parallel, per_second, clock=time, sleep=time.sleep, **kwargs)


def is_open(found) -> bool:
    try:
        found.check()
    except Unreachable as error:
        assert "did not answer several times" in str(error)
        return True
    return False


class Crowd:
    """A handler that holds every request until `size` are there at once, and remembers the most that were."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.inside = self.most = 0
        self._lock = threading.Condition()

    def __call__(self, peer: Peer) -> None:
        while peer.request() is not None:
            with self._lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
                self._lock.notify_all()
                self._lock.wait_for(lambda: self.most >= self.size, timeout=5)
                self.inside -= 1
            peer.answer()


def test_a_server_never_sees_more_calls_at_once_than_the_cap(bench):
    crowd = Crowd(3)
    with serve(crowd) as server, ThreadPoolExecutor(12) as pool:
        http = bench(server.url, parallel=3).http
        jobs = [pool.submit(http.read, "x", "GET", "/") for _ in range(24)]
        assert [job.result().status for job in jobs] == [200] * 24
    assert crowd.most == 3


def test_a_place_that_does_not_get_free_in_time(time):
    found = limits(time, parallel=1)
    with found.place(0), pytest.raises(Unreachable, match="1 calls to this connection are already running"):
        with found.place(0):
            pass
    with found.place(0):
        pass


def test_a_place_is_given_back_after_an_error(time):
    found = limits(time, parallel=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), found.place(0):
            raise ZeroDivisionError


def test_the_rate_is_a_bucket_of_one_second(time):
    found = limits(time, per_second=4)
    for _ in range(14):
        with found.place(60):
            pass
    assert time.slept == [0.25] * 10


def test_a_rate_below_one(time):
    found = limits(time, per_second=0.5)
    for _ in range(3):
        with found.place(60):
            pass
    assert time.slept == [2.0, 2.0]


def test_the_bucket_fills_again_but_not_beyond_its_size(time):
    found = limits(time, per_second=2)
    time.now += 3600
    for _ in range(3):
        with found.place(60):
            pass
    assert time.slept == [0.5]


def test_a_turn_that_does_not_come_in_time_is_not_used_up(time):
    found = limits(time, per_second=1)
    with found.place(0):
        pass
    for _ in range(3):
        with pytest.raises(Unreachable, match="calls per second are used up"), found.place(0.5):
            pass
    with found.place(1):
        pass
    assert time.slept == [1.0]


def test_the_breaker_opens_after_failures_in_a_row_only(time):
    found = limits(time)
    for answered in [False] * 4 + [True] + [False] * 4:
        found.report(answered)
        assert not is_open(found)
    found.report(False)
    assert is_open(found)


def test_after_its_pause_one_call_a_pause_may_try(time):
    found = limits(time)
    for _ in range(5):
        found.report(False)
    time.now += 14.9
    assert is_open(found)
    time.now += 0.2
    assert not is_open(found) and is_open(found)
    found.report(False)
    time.now += 14.9
    assert is_open(found)
    time.now += 0.2
    assert not is_open(found)
    found.report(True)
    assert not is_open(found) and not is_open(found)


def test_a_try_that_never_ends_does_not_keep_the_breaker_open_for_ever(time):
    found = limits(time)
    for _ in range(5):
        found.report(False)
    time.now += 16
    assert not is_open(found)
    time.now += 16
    assert not is_open(found)


def test_an_upstream_that_is_down_is_left_alone(bench, time):
    found = limits(time)
    made = bench(f"http://127.0.0.1:{free_port()}", found)
    for _ in range(5):
        with pytest.raises(Unreachable, match="refuses connections"):
            made.http.read("x", "GET", "/")
    sent = len(made.records)
    for send in (made.http.read, made.http.write):
        with pytest.raises(Unreachable, match=r"next try is in 15 s\. Nothing was sent"):
            send("x", "GET", "/")
    assert len(made.records) == sent == 15


def test_an_upstream_that_hangs_opens_the_breaker(bench, time):
    found = limits(time, failures=1)

    def handler(peer: Peer) -> None:
        peer.request()
        server.over.wait()

    with serve(handler) as server:
        with pytest.raises(GatehouseError):
            bench(server.url, found, write_timeout=1.05).http.write("x", "GET", "/")
    assert is_open(found)


def test_a_call_that_was_given_too_little_time_says_nothing_of_the_upstream(bench, time):
    found = limits(time, failures=1)

    def handler(peer: Peer) -> None:
        peer.request()
        server.over.wait()

    with serve(handler) as server:
        with pytest.raises(GatehouseError):
            bench(server.url, found).http.write("x", "GET", "/", timeout=0.05)
    assert not is_open(found)


@pytest.mark.parametrize(
    "status", ["400 No", "401 Who", "404 Gone", "429 Later", "302 There", "500 Oh", "503 Busy"]
)
def test_no_answer_of_any_kind_opens_the_breaker(bench, time, status):
    found = limits(time, failures=1)
    with serve(answering(b"", status)) as server:
        made = bench(server.url, found)
        for _ in range(3):
            try:
                made.http.write("x", "GET", "/")
            except GatehouseError as error:
                assert "next try" not in str(error)
    assert not is_open(found) and len(made.records) == 3


def test_a_success_closes_it(bench, time):
    found = limits(time, failures=1)
    found.report(False)
    time.now += 16
    with serve(answering()) as server:
        http = bench(server.url, found).http
        http.read("x", "GET", "/")
        http.read("x", "GET", "/")
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("share", "parallel", "places"), [(1.0, 4, 4), (0.5, 4, 2), (0.5, 3, 1), (0.5, 1, 1)]
)
def test_each_process_gets_its_share_and_at_least_one(share, parallel, places):
    connection = Connection("a", "x", "A", "http://x", parallel=parallel, per_second=0)
    found = limits_for(share=share)(connection)
    with ExitStack() as stack:
        for _ in range(places):
            stack.enter_context(found.place(0))
        with pytest.raises(Unreachable):
            stack.enter_context(found.place(0))
