"""What a panel keeps beside domains, routes and rules, as data: one module per area, in the order of the pages."""

from __future__ import annotations

from app.core.resources import ResourceKind
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

KINDS: tuple[ResourceKind, ...] = (
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

GUESSED = frozenset({"databases", "database_access", "cron_jobs"})
"""Kinds whose listing call has a name that no document gives: a panel may not know it."""
