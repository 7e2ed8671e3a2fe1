"""The whole imitated Control Panel behind the calls: its tables, its directory, its mail log, its clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from app.sandbox.hornetsecurity.directory import Directory
from app.sandbox.hornetsecurity.mails import MailLog
from app.sandbox.hornetsecurity.store import Revision, Row, Rows
from app.sandbox.state import State, Table


class Site:
    """Everything that calls read and change. ``profile`` holds the upstream's switches during a request."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.profile: dict[str, Any] = {}
        self.revision = Revision(state)
        self.directory = Directory(state, self.revision)
        self.mails = MailLog(state, self.revision)
        self.roles = Rows(state, "roles", 2_000)
        self.access_tokens = Rows(state, "access_tokens", 100)
        self.lists = Rows(state, "black_white_list", 108_000_000)
        self.environments = Rows(state, "environments", 500)
        self.groups = Rows(state, "groups", 4_000)
        self.compliance = Rows(state, "compliance_filter", 30_000)
        self.contacts = Rows(state, "contacts", 1_000)
        self.auditing = Rows(state, "auditing", 1_000_000)
        self.branding = Rows(state, "whitelabeling", 5_000)
        self.ip_restrictions = Rows(state, "ip_restrictions", 20_000)

    def refresh(self) -> None:
        """Build indexes and mail log anew if the tables were replaced since the last call."""
        if self.revision.moved():
            self.load()

    def load(self) -> None:
        """Build indexes and mail log from the tables."""
        self.directory.load()
        self.mails.forget()

    def table(self, name: str) -> Table:
        """Return the table of settings of that name; its keys are ids as text."""
        return self._state.table(name)

    def new_id(self, name: str) -> int:
        """Return the next number of that name."""
        return self._state.counter(name)

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def remove(self, row: Row) -> None:
        """Remove an object, what is below it, and every row that belongs to one of them."""
        gone = {each["id"] for each in self.directory.below(row)}
        self.directory.remove_object(row)
        self.mails.drop(gone)
        for rows, keys in (
            (self.roles, ("user", "target")),
            (self.access_tokens, ("user",)),
            (self.contacts, ("user", "target")),
            (self.lists, ("owner",)),
            (self.environments, ("customer",)),
            (self.groups, ("customer",)),
            (self.compliance, ("customer",)),
            (self.branding, ("object",)),
            (self.ip_restrictions, ("object",)),
        ):
            for each in rows.all():
                if any(each[key] in gone for key in keys):
                    rows.remove(each["id"])

    def remove_mailbox(self, mailbox: Row) -> None:
        """Remove a mailbox together with its user."""
        self.remove(self.directory.the(mailbox["object"]))

    def booked(self, row: Row, product: str = "spam") -> bool:
        """Tell whether the customer at or above the object has booked the product; a partner needs none."""
        customer = self.directory.customer_of(row)
        return customer is None or product in customer["products"]


def stamp(moment: datetime) -> str:
    """Return a time as the API writes it."""
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
