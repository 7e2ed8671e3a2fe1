"""What the imitated service holds at the start: the demo company, or any number of generated domains."""

from __future__ import annotations

from app.sandbox.cleanmail import times
from app.sandbox.cleanmail.demo import accounts, firms, load
from app.sandbox.cleanmail.demo.accounts import ACCOUNT, LIMITED_TOKEN, TOKEN
from app.sandbox.cleanmail.records import Records

__all__ = ["ACCOUNT", "LIMITED_TOKEN", "TOKEN", "seed"]


def seed(records: Records, smtp_port: int, count: int | None) -> None:
    """Fill an empty state: with the demo company (None), or with ``count`` generated domains."""
    now = times.now()
    accounts.add_platform_data(records, now)
    if count is None:
        domains = firms.add_company(records, smtp_port, now)
    else:
        domains = load.add_generated(records, smtp_port, now, count)
    accounts.add_admins(records, now, domains)
