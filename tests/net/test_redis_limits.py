"""Limits shared through Redis: the same promises, kept over several processes."""

import secrets
import socket

import pytest
import redis

from app.core.errors import Unreachable
from app.core.model import Connection
from app.net.limits import LocalLimits, limits_for
from app.net.redis_limits import RedisLimits, redis_client
from tests.net.servers import free_port

URL = "redis://127.0.0.1:6379/15"


@pytest.fixture
def client():
    """Redis, emptied of what the test put there."""
    try:
        socket.create_connection(("127.0.0.1", 6379), timeout=1).close()
    except OSError:
        pytest.skip("no Redis on its standard port")
    client = redis.Redis.from_url(
        URL, socket_timeout=30
    )  # a machine at work may stand still for half a second
    yield client
    for key in client.scan_iter("gatehouse:limits:test-*"):
        client.delete(key)


@pytest.fixture
def connection():
    return Connection(f"test-{secrets.token_hex(4)}", "x", "X", "http://x", parallel=2, per_second=0)


def two_processes(client, connection, sleep=lambda _: None, **kwargs):
    """The limits of one connection as two processes have them."""
    return [RedisLimits(client, connection, LocalLimits(1, 0), sleep=sleep, **kwargs) for _ in range(2)]


def name(client, connection, what: str) -> str:
    [key] = client.scan_iter(f"gatehouse:limits:{connection.key}:*:{what}")
    return key.decode()


def is_open(found) -> bool:
    try:
        found.check()
    except Unreachable as error:
        assert "did not answer several times" in str(error)
        return True
    return False


@pytest.mark.redis
def test_places_are_counted_over_both(client, connection):
    one, two = two_processes(client, connection)
    with one.place(0), two.place(0):
        with pytest.raises(Unreachable, match="2 calls to this connection are already running"), one.place(0):
            pass
    with one.place(0), one.place(0):
        pass
    assert client.zcard(f"gatehouse:limits:{connection.key}::places") == 0


@pytest.mark.redis
def test_a_place_is_waited_for(client, connection):
    one, two = two_processes(client, connection, lambda _: first.__exit__(None, None, None))
    first, second = one.place(0), one.place(0)
    first.__enter__()
    second.__enter__()
    with two.place(60):
        pass
    second.__exit__(None, None, None)


@pytest.mark.redis
def test_the_place_of_a_dead_process_comes_back(client, connection):
    one, two = two_processes(client, connection)
    dead = [one.place(0), one.place(0)]
    for place in dead:
        place.__enter__()
    places = name(client, connection, "places")
    for ticket in client.zrange(places, 0, -1):
        client.zadd(places, {ticket: 1.0})  # the lease is over
    with two.place(0), two.place(0):
        pass


@pytest.mark.redis
def test_the_rate_is_shared(client, connection):
    slow = Connection(connection.key, "x", "X", "http://x", per_second=0.001)
    slept: list[float] = []
    one, two = two_processes(client, slow, slept.append)
    with one.place(0):
        pass
    with pytest.raises(Unreachable, match="calls per second are used up"), two.place(1):
        pass
    with two.place(5000):
        pass
    assert 900 < slept[0] <= 1000


@pytest.mark.redis
def test_the_breaker_is_shared(client, connection):
    one, two = two_processes(client, connection, failures=3, pause=60)
    for found in (one, two, one):
        assert not is_open(one) and not is_open(two)
        found.report(False)
    assert is_open(one) and is_open(two)
    client.hset(name(client, connection, "breaker"), "open_until", "1.0")  # the pause is over
    assert not is_open(two) and is_open(one) and is_open(two)
    two.report(True)
    assert not is_open(one) and not is_open(two)


@pytest.mark.redis
def test_an_edited_connection_starts_afresh(client, connection):
    one = two_processes(client, connection, failures=1)[0]
    one.report(False)
    edited = Connection(connection.key, "x", "X", "http://y", version="2")
    assert is_open(one) and not is_open(two_processes(client, edited)[0])


@pytest.mark.redis
def test_nothing_stays_in_redis_for_ever(client, connection):
    made = Connection(connection.key, "x", "X", "http://x", per_second=5)
    one, two = two_processes(client, made, failures=1)
    one.report(False)
    with two.place(0):
        keys = list(client.scan_iter(f"gatehouse:limits:{connection.key}:*"))
        assert len(keys) == 3 and all(client.ttl(key) > 0 for key in keys)


def test_without_redis_each_process_keeps_its_own_limits(connection, caplog):
    found = limits_for(f"redis://127.0.0.1:{free_port()}/0", share=0.5)(connection)
    with found.place(0):
        with pytest.raises(Unreachable, match="1 calls to this connection"), found.place(0):
            pass
    for _ in range(5):
        assert not is_open(found)
        found.report(False)
    assert is_open(found)
    assert "Redis does not answer (ConnectionError)" in caplog.text


def test_the_client_does_not_wait_long():
    options = redis_client(URL).connection_pool.connection_kwargs
    assert options["socket_timeout"] <= 0.5 and options["socket_connect_timeout"] <= 0.5
    assert isinstance(redis_client(URL), redis.Redis)
