"""What a panel keeps beside domains, routes and rules, as data: one module per area, in the order of the pages."""

from __future__ import annotations

from dataclasses import replace

from app.core.resources import Column, ResourceKind, Show
from app.providers.spanel.kinds.accounts import ACCOUNTS, PACKAGES
from app.providers.spanel.kinds.hosting import (
    BACKUPS,
    CRON_JOBS,
    DATABASE_ACCESS,
    DATABASE_USERS,
    DATABASES,
    FTP_ACCOUNTS,
)
from app.providers.spanel.kinds.mail import (
    AUTORESPONDERS,
    DEFAULT_ADDRESS,
    FORWARDERS,
    MAIL_FILTERS,
    MAILBOXES,
    SPAM_FILTER,
)
from app.providers.spanel.kinds.people import ADMIN_USERS, PRIVILEGES, SUBUSERS
from app.providers.spanel.kinds.web import DNS_RECORDS, REDIRECTS, SUBDOMAINS, WEB_SITE

NAMED = "named"
"""The first column of most lists: the key of each row."""
_NAMED_BY_OTHERS = ("forwarders", "dns_records", "database_access", "cron_jobs")


def _named(kind: ResourceKind) -> ResourceKind:
    """The kind with a first column that names what each row is."""
    if kind.single or not kind.listable or kind.name in _NAMED_BY_OTHERS:
        return kind
    return replace(kind, columns=(Column(NAMED, kind.one, Show.CODE), *kind.columns))


_ALL: tuple[ResourceKind, ...] = (
    ACCOUNTS,
    PACKAGES,
    WEB_SITE,
    SUBDOMAINS,
    REDIRECTS,
    DNS_RECORDS,
    DATABASES,
    DATABASE_ACCESS,
    DATABASE_USERS,
    FTP_ACCOUNTS,
    BACKUPS,
    CRON_JOBS,
    MAILBOXES,
    FORWARDERS,
    AUTORESPONDERS,
    DEFAULT_ADDRESS,
    MAIL_FILTERS,
    SPAM_FILTER,
    SUBUSERS,
    ADMIN_USERS,
    PRIVILEGES,
)
KINDS = tuple(_named(kind) for kind in _ALL)

GUESSED = frozenset({"databases", "database_access", "cron_jobs"})
"""Kinds whose listing call has a name that no document gives: a panel may not know it."""
