"""Loads every module with calls, so that the table of calls is complete."""

from __future__ import annotations

from app.sandbox.hornetsecurity import (
    account,
    actions,
    audit,
    authentication,
    branding,
    compliance,
    content,
    customers,
    dashboard,
    domains,
    emails,
    environments,
    filtering,
    groups,
    hierarchy,
    lists,
    mailbox_aliases,
    mailbox_details,
    mailboxes,
    preview,
    quarantine_report,
    restrictions,
    roles,
    session,
    statistics,
    support,
)
from app.sandbox.hornetsecurity.routing import ROUTES

MODULES = (
    account, actions, audit, authentication, branding, compliance, content, customers, dashboard, domains,
    emails,
    environments, filtering, groups, hierarchy, lists, mailbox_aliases, mailbox_details, mailboxes,
    preview, quarantine_report, restrictions, roles, session, statistics, support,
)  # fmt: skip


def names() -> list[str]:
    """Return the names of all calls, sorted by path."""
    return [each.name for each in sorted(ROUTES, key=lambda each: (each.path, each.method))]
