"""Requests at a server: one after the other for times, side by side for throughput."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit


def times(address: str, path: str, headers: Mapping[str, str], count: int = 40) -> list[float]:
    """Milliseconds of `count` requests on one kept-alive connection, after three that are not counted."""
    connection = _connect(address)
    found = []
    for number in range(count + 3):
        started = time.perf_counter()
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path} answered {answer.status}")
        if number >= 3:
            found.append((time.perf_counter() - started) * 1000)
    connection.close()
    return found


def interleaved(sides: Sequence[tuple[str, str, Mapping[str, str]]], count: int = 40) -> list[float]:
    """The median milliseconds of each side (address, path, headers), asked in turns so that both meet the same machine."""
    rounds = 4
    collected: list[list[float]] = [[] for _ in sides]
    for _ in range(rounds):
        for number, (address, path, headers) in enumerate(sides):
            collected[number] += times(address, path, headers, count // rounds)
    return [statistics.median(values) for values in collected]


def throughput(
    address: str, path: str, headers: Mapping[str, str], seconds: float, connections: int
) -> float:
    """Requests per second over so many connections."""
    until = time.perf_counter() + seconds
    counts = [0] * connections

    def work(number: int) -> None:
        connection = _connect(address)
        while time.perf_counter() < until:
            connection.request("GET", path, headers=dict(headers))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path} answered {answer.status}")
            counts[number] += 1
        connection.close()

    started = time.perf_counter()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def _connect(address: str) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    return http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=120)
