"""`make run`: starts dashboard, worker and sandbox under one supervisor, and stops them together."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import URLError

from honcho.manager import Manager

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.providers import registry  # noqa: E402  the project's root must be on the path first
from config import Config, ConfigError  # noqa: E402

SANDBOX_PORTS = (0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 25, 53)


def main() -> int:
    """Starts everything; returns the exit code when all of it has stopped."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        return start()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def start() -> int:
    """Starts everything that the environment asks for, unless a setting or a port cannot be used (2)."""
    try:
        config = Config.from_env(os.environ)
    except ConfigError as error:
        print(f"Gatehouse did not start: {error}")
        return 2
    with_sandbox = os.environ.get("SANDBOX", "1") not in ("0", "no", "false", "")
    taken = busy_ports(config, with_sandbox)
    if taken:
        print(taken)
        return 2
    data = Path(config.data_dir)
    data.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
    demo_file = data / "demo-connections.json"
    demo_file.unlink(missing_ok=True)
    if not with_sandbox:
        return supervise(config, environment)
    sandbox = subprocess.Popen(sandbox_command(config, data), cwd=ROOT, env=environment)
    try:
        world = wait_for_json(f"http://127.0.0.1:{config.sandbox_port}/", sandbox)
        demo_file.touch(0o600)
        demo_file.write_text(json.dumps(demo_connections(world), indent=1))
        environment["GATEHOUSE_DEMO_CONNECTIONS_FILE"] = str(demo_file)
        return supervise(config, environment)
    finally:
        stop(sandbox)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, by force when it does not end by itself."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()


def supervise(config: Config, environment: dict[str, str]) -> int:
    """Prepares the data, then runs dashboard and worker until one ends or a signal comes."""
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    done = subprocess.run([*flask, "init"], cwd=ROOT, env=environment, check=False)
    if done.returncode != 0:
        return done.returncode
    manager = Manager()
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
    for name, command in (("web", gunicorn), ("worker", [*flask, "worker"])):
        manager.add_process(name, f"exec {shlex.join(command)}", env=environment, cwd=str(ROOT))
    host = "localhost" if config.bind in ("127.0.0.1", "0.0.0.0", "::1") else config.bind
    print(f"\nGatehouse: http://{host}:{config.port}   (Ctrl-C stops everything)\n", flush=True)
    manager.loop()
    return int(manager.returncode or 0)


def sandbox_command(config: Config, data: Path) -> list[str]:
    """How the sandbox is started."""
    return [
        sys.executable,
        "-m",
        "app.sandbox",
        "--port",
        str(config.sandbox_port),
        "--state",
        str(data / "sandbox.sqlite3"),
    ]


def demo_connections(world: dict[str, Any]) -> dict[str, Any]:
    """Connections to the sandbox, from what its control port says of itself: one per provider that has a driver."""
    connections = []
    for kind, card in registry.cards().items():
        upstream = world.get(kind)
        if not upstream:
            continue
        credentials = upstream["credentials"]
        connections.append(
            {
                "key": f"demo-{kind}",
                "kind": kind,
                "name": f"{card.label} · demo",
                "base_url": upstream["https"],
                "tls": "ca_file",
                "ca_file": world["ca_path"],
                "resolvers": [world["dns"]],
                "values": {s.name: credentials[s.name] for s in card.settings if s.name in credentials},
            }
        )
    return {"connection": connections}


def wait_for_json(url: str, process: subprocess.Popen[bytes], seconds: float = 30) -> dict[str, Any]:
    """What the address answers, as soon as it does. Raises SystemExit when the process died or time is up."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit(f"The sandbox did not start (exit code {process.returncode}).")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return dict(json.load(answer))
        except (URLError, OSError):
            time.sleep(0.1)
    raise SystemExit("The sandbox did not answer in time.")


def busy_ports(config: Config, with_sandbox: bool) -> str:
    """A sentence about the first port that is taken, "" when all are free."""
    if not is_free(config.bind, config.port):
        return (
            f"Port {config.port} on {config.bind} is taken by another program. "
            f"Choose another one: GATEHOUSE_PORT={config.port + 1} make run"
        )
    if with_sandbox:
        for offset in SANDBOX_PORTS:
            if not is_free("127.0.0.1", config.sandbox_port + offset):
                return (
                    f"Port {config.sandbox_port + offset}, which the sandbox needs, is taken by another program. "
                    f"Choose another range: GATEHOUSE_SANDBOX_PORT={config.sandbox_port + 100} make run, "
                    "or start without it: make run SANDBOX=0"
                )
    return ""


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
