"""``python -m app.sandbox --port 8900 --state data/sandbox.sqlite3 [--domains N]``: run until a signal comes."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from app.sandbox.server import Sandbox


def main() -> int:
    """Start the sandbox, print where it is, and stop it on SIGINT or SIGTERM. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m app.sandbox", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=8900, help="the control port; the others follow it (0: find)"
    )
    parser.add_argument("--state", type=Path, help="SQLite file that keeps the state (default: memory only)")
    parser.add_argument("--domains", type=int, help="fill an empty state with that many generated domains")
    arguments = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    sandbox = Sandbox(arguments.port, arguments.state, arguments.domains)
    try:
        sandbox.start()
    except OSError as error:
        print(f"The sandbox cannot start: {error}", file=sys.stderr)
        return 1
    print(f"Sandbox: control {sandbox.control_url}", flush=True)
    for slug in sandbox.upstreams:
        print(f"  {slug}: {sandbox.http(slug)} {sandbox.https(slug)}", flush=True)
    stopped.wait()
    sandbox.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
