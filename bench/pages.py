"""How fast pages are, and that their cost does not grow with the number of domains."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.load import interleaved, throughput
from bench.result import Result, ratio
from bench.world import (
    Browser,
    control,
    dashboard,
    data_folder,
    environment,
    fill_inventory,
    flask,
    free_port,
    read_inventory,
    running,
    sandbox,
    sandbox_connections,
    wait_for,
)

LARGE, SMALL = 100_000, 1_000
SAMPLE_DOMAINS = 20_000


def connections_file(folder: Path, data: object) -> str:
    """Writes a connections file and returns its path."""
    path = folder / "connections.json"
    path.write_text(json.dumps(data))
    return str(path)


def offline_connection(folder: Path) -> str:
    """A connection that nobody calls: list pages read the inventory only."""
    entry = {
        "key": "bench",
        "kind": "spamexperts",
        "name": "Bench",
        "base_url": "http://127.0.0.1:9",
        "values": {"username": "u", "password": "p"},
    }
    return connections_file(folder, {"connection": [entry]})


def size_of_the_inventory() -> list[Result]:
    """(a) The domains page over 100,000 domains against the same over 1,000."""
    with data_folder() as small, data_folder() as large:
        envs = []
        for folder, count in ((small, SMALL), (large, LARGE)):
            env = environment(folder, free_port(), GATEHOUSE_CONNECTIONS_FILE=offline_connection(folder))
            flask(env, "init")
            fill_inventory(env, count)
            envs.append(env)
        with dashboard(envs[0]) as at_small, dashboard(envs[1]) as at_large:
            browsers = [Browser(at_small).sign_in(), Browser(at_large).sign_in()]
            last = {at_small: SMALL // 50, at_large: LARGE // 50}
            found = []
            for what, path in (
                ("first page", lambda _at: "/domains/"),
                ("deep page", lambda at: f"/domains/?page={last[at] - 1}"),
                ("middle page", lambda at: f"/domains/?page={last[at] // 2}"),
                ("substring search", lambda _at: "/domains/?q=00042-"),
                ("substring search, many hits", lambda _at: "/domains/?q=south"),
                ("search by route host", lambda _at: "/domains/?route=mail7.hosting.example"),
                ("count by status filter", lambda _at: "/domains/?status=active"),
                ("filter by failing health", lambda _at: "/domains/?health=fail"),
                ("filter by good health", lambda _at: "/domains/?health=pass"),
            ):
                sides = [(b.address, path(b.address), b.headers) for b in browsers]
                left, right = interleaved(sides)
                found.append(ratio(f"{what}, {LARGE:,} domains against {SMALL:,}", right, left, "ms", 1.3))
            return found


def against_the_sample() -> list[Result]:
    """(b) The domains page against the seed's sample script, with 20,000 domains."""
    with data_folder() as folder, sandbox(port := free_port_block(), SAMPLE_DOMAINS) as at:
        names = connections_file(folder, sandbox_connections(at, {"bench": ""}))
        env = environment(folder, free_port(), GATEHOUSE_CONNECTIONS_FILE=names)
        flask(env, "init")
        read_inventory(env)
        upstream = control("GET", f"http://127.0.0.1:{port}/")["spamexperts"]
        sample_port = free_port()
        sample_env = {
            **env,
            "USER": upstream["credentials"]["username"],
            "PASSWORD": upstream["credentials"]["password"],
            "SERVER": upstream["http"].removeprefix("http://"),
        }
        command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "8", "--timeout", "120"]
        command += ["--no-control-socket", "-b", f"127.0.0.1:{sample_port}", "bench.seed_sample:APP"]
        with dashboard(env) as address, running(command, sample_env) as process:
            sample = f"http://127.0.0.1:{sample_port}"
            wait_for(sample, process)
            browser = Browser(address).sign_in()
            sides = [(address, "/domains/", browser.headers), (sample, "/", {})]
            ours, theirs = interleaved(sides, 20)
    return [
        Result(
            f"domains page against the sample script, {SAMPLE_DOMAINS:,} domains",
            f"{ours:.1f} ms against {theirs:.0f} ms: {theirs / ours:.0f} times faster",
            "at least 50 times",
            theirs >= 50 * ours,
        )
    ]


def against_a_bare_view() -> list[Result]:
    """(c) Requests a second against a bare Flask view with the same template, one process, eight connections."""
    with data_folder() as folder:
        env = environment(folder, free_port(), GATEHOUSE_CONNECTIONS_FILE=offline_connection(folder))
        flask(env, "init")
        fill_inventory(env, SMALL)
        bare_port = free_port()
        command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "8", "--keep-alive", "30"]
        command += ["--no-control-socket", "-b", f"127.0.0.1:{bare_port}", "bench.bare_view:APP"]
        with dashboard(env) as address, running(command, env) as process:
            bare = f"http://127.0.0.1:{bare_port}"
            wait_for(f"{bare}/bare", process)
            browser = Browser(address).sign_in()
            ours, theirs = [], []
            for _ in range(3):
                ours.append(throughput(address, "/domains/", browser.headers, 5, 8))
                theirs.append(throughput(bare, "/bare", {}, 5, 8))
    left, right = sorted(ours)[1], sorted(theirs)[1]
    return [
        Result(
            "domains page against a bare view with the same template",
            f"{left:.0f}/s against {right:.0f}/s: {left / right:.2f} times",
            "at least 0.5 times",
            left >= 0.5 * right,
        )
    ]


def test_all() -> list[Result]:
    """(d) "Test all" with five connections that answer after 200 ms against one of them."""
    with data_folder() as one, data_folder() as five, sandbox(free_port_block()) as at:
        control("PUT", f"{at}/faults/spamexperts", {"fault": "delay", "seconds": 0.2, "when": "before"})
        medians = []
        for folder, count in ((one, 1), (five, 5)):
            data = sandbox_connections(at, {f"c{n}": "" for n in range(count)})
            env = environment(folder, free_port(), GATEHOUSE_CONNECTIONS_FILE=connections_file(folder, data))
            with dashboard(env) as address:
                browser = Browser(address).sign_in()
                page = browser.get("/connections/")
                taken = []
                for _ in range(7):
                    started = time.perf_counter()
                    browser.post("/connections/test", page)
                    taken.append((time.perf_counter() - started) * 1000)
                medians.append(sorted(taken)[3])
    return [ratio("“Test all”, five connections against one, 200 ms each", medians[1], medians[0], "ms", 1.4)]


def free_port_block() -> int:
    """A port with free ones behind it, for a sandbox."""
    for _ in range(50):
        port = free_port()
        if port < 65_000 and all(_free(port + n) for n in (0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 25, 53)):
            return port
    raise SystemExit("no free range of ports")


def _free(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
