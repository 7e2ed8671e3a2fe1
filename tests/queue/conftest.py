"""One installation for each queue that Gatehouse knows: SQLite, PostgreSQL, Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from app.sandbox.server import Sandbox
from tests.conftest import close_database
from tests.databases import bare_database
from tests.queue.site import KINDS, THREADS, Site, settings
from tests.services import need_postgres, own_redis


@pytest.fixture(scope="package", params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The installation whose queue is of this kind; its workers run on from test to test. Ends with them."""
    kind, folder = request.param, tmp_path_factory.mktemp("site")
    with ExitStack() as stack:
        if kind == "postgresql":
            need_postgres()
            database = queue = bare_database(folder, kind)
        else:
            database = bare_database(folder, "sqlite")
            queue = stack.enter_context(own_redis()) if kind == "redis" else ""
        sandbox = Sandbox(slugs=["spamexperts"])
        sandbox.start()
        stack.callback(sandbox.stop)
        more = {"DATABASE_URL": database, "QUEUE_URL": queue, "JOB_THREADS": str(THREADS)}
        site = Site(folder, sandbox, settings(folder, **more))
        stack.callback(close_database, site.wired.database)
        stack.callback(site.close)
        yield site
