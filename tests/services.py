"""PostgreSQL and Redis on their standard ports: a test that needs one is skipped where it is missing, and fails in CI."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import redis

from tests import databases

REDIS = "redis://127.0.0.1:6379"
_CLAIM = "gatehouse-tests"


def in_ci() -> bool:
    """Whether what is missing makes a test fail instead of skipping it."""
    return os.environ.get("CI") == "true"


def need_postgres() -> None:
    """Skips the test (in CI: fails it) when no PostgreSQL server answers."""
    try:
        databases.connect().close()
    except psycopg.OperationalError:
        if in_ci():
            raise
        pytest.skip("no PostgreSQL server answers")


@contextmanager
def own_redis() -> Iterator[str]:
    """The URL of a Redis database that was empty and is nobody else's meanwhile; empty again afterwards."""
    try:
        client = _claim()
    except redis.ConnectionError:
        if in_ci():
            raise
        pytest.skip("no Redis answers on its standard port")
    yield f"{REDIS}/{client.get_connection_kwargs()['db']}"
    client.flushdb()
    client.close()


def _claim() -> redis.Redis:
    for number in range(1, 15):
        client = redis.Redis.from_url(f"{REDIS}/{number}", socket_connect_timeout=3)
        if client.set(_CLAIM, secrets.token_hex(4), nx=True, ex=1200):
            if client.dbsize() == 1:
                return client
            client.delete(_CLAIM)
    raise AssertionError("all databases of this Redis are in use")
