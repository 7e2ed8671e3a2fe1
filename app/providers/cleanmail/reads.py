"""Domains as they are: all of them, or one (Cleanmail REST API manual, 5.5.8 and 5.5.11)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from app.core.errors import BadCredentials, Malformed, NotFound, NotThere, Rejected, UpstreamError
from app.core.model import Connection, Domain
from app.core.names import display
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.pages import Pages
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.platforms import Platform, default_of, several_defaults
from app.providers.cleanmail.wire import id_of, no_api, read_answer, read_rows, total_of
from app.providers.cleanmail.wire_domains import (
    Alias,
    Record,
    platforms_by_id,
    platforms_of_ref,
    read_aliases,
    read_record,
    to_domain,
)

Json = Any


class Reads:
    """The domains of one connection."""

    def __init__(self, connection: Connection, client: Client) -> None:
        self._key = connection.key
        self._client = client
        self._threads = max(
            1, connection.parallel // 2
        )  # the other half stays free for pages that people wait for
        self._pages = Pages(client, self._threads)

    # --- all of them ------------------------------------------------------------------------------------------------

    def batches(self) -> Iterator[Sequence[Domain]]:
        """All domains in batches of one page, the deleted ones too. Raises what a read raises, also in the middle.

        Deleted domains are asked for by themselves when the list shows none: it does not say whether it holds them.
        """
        names: set[str] = set()
        deleted_seen = False
        for records in self._records({}):
            deleted_seen = deleted_seen or any(record.deleted for record in records)
            yield self._batch(records, names)
        if not deleted_seen:
            for records in self._records({"status": "DELETED"}):
                yield self._batch((record for record in records if record.deleted), names)

    def _records(self, query: Mapping[str, Json]) -> Iterator[list[Record]]:
        try:
            for rows in self._pages.rows("listDomains", query):
                yield [read_record(row) for row in rows]
        except NotThere as refused:
            raise Malformed(_NO_LIST, status=refused.status) from refused

    def _batch(self, records: Iterable[Record], names: set[str]) -> list[Domain]:
        """The domains of a page by name: one that lives comes before one of the same name that was deleted."""
        found: dict[str, Record] = {}
        for record in records:
            if not record.deleted or record.name not in names:
                found[record.name] = record
            names.add(record.name)
        return [to_domain(record, self._key) for record in found.values()]

    # --- one of them ------------------------------------------------------------------------------------------------

    def domain(self, name: str, ref: Json = None) -> Domain:
        """One domain, with what only a closer look tells: whose routes they are, and whom other platforms serve.

        One round of calls side by side where `ref` knows its platforms (or it has one); else one round more. Raises NotFound.
        """
        hinted = platforms_of_ref(ref)
        found: list[Any] = [partial(self.record, name, ref)]
        found += [partial(self._count, id_of(ref), platform) for platform in hinted.values()]
        first, *counts = in_order(found, len(found))
        record = self.with_aliases(first)
        if len(record.platforms) < 2:
            return to_domain(record, self._key)
        if hinted == platforms_by_id(record.platforms) != {} and not several_defaults(record.platforms):
            return to_domain(record, self._key, mailboxes=dict(zip(hinted, counts, strict=True)))
        asks: list[Callable[[], Any]] = [
            partial(self._users_default, record),
            partial(self.mailboxes, record),
        ]
        default, mailboxes = in_order(asks, len(asks))
        return to_domain(record, self._key, default=default, mailboxes=mailboxes)

    def record(self, name: str, ref: Json = None) -> Record:
        """One domain as it came: by the id of `ref`, else by name. Raises NotFound."""
        found = self._by_id(name, ref) or self._by_name(name)
        if found is None:
            raise NotFound(
                msg("{domain} is not among the domains that this token can see.", domain=display(name))
            )
        return found

    def record_or_none(self, name: str, ref: Json = None) -> Record | None:
        """One domain as it came, None when it is not there."""
        try:
            return self.record(name, ref)
        except NotFound:
            return None

    def owners_of_platforms(self) -> dict[str, str]:
        """The name of the domain that each platform belongs to, by the platform's id. Reads the whole list."""
        return {
            platform.id: record.name
            for records in self._records({})
            for record in records
            if not record.deleted
            for platform in record.platforms
        }

    def deleted(self, name: str) -> Record | None:
        """A domain of this name among the deleted ones, for the case that a search by name leaves them out."""
        for records in self._records({"status": "DELETED"}):
            for record in records:
                if record.deleted and record.name == name:
                    return record
        return None

    def default(self, record: Record) -> Platform | None:
        """The platform whose routes are the domain's: asks for a mailbox where several are marked."""
        return default_of(record.platforms, self._users_default(record))

    def with_aliases(self, record: Record) -> Record:
        """The record with its aliases: a domain that came without them is asked for them."""
        if record.aliases is not None:
            return record
        found: list[Alias] = []
        for rows in self._pages.rows("listDomainAliases", {"domainId": record.id}):
            found += read_aliases(rows)
        return Record(record.raw, record.id, record.name, record.status, tuple(found), record.platforms)

    def _by_id(self, name: str, ref: Json) -> Record | None:
        """The domain that `ref` leads to, None when it does not lead there (any more)."""
        identity = id_of(ref) if isinstance(ref, dict) else ""
        if not identity:
            return None
        try:
            value = self._client.ask("singleDomain", {"domainId": identity})
        except Rejected:
            return None
        except BadCredentials as refused:
            if refused.status == 403:
                return None
            raise
        record = read_record(value) if isinstance(value, dict) else None
        return record if record is not None and record.name == name else None

    def _by_name(self, name: str) -> Record | None:
        """The domain that a search by exact name finds, an international one also by its Unicode form."""
        found: list[Record] = []
        for spelling in dict.fromkeys((name, display(name))):
            answer = self._client.call("listDomains", {"name": spelling})
            if answer.status == 404:
                raise Malformed(no_api(answer), status=404)
            found += [record for row in read_rows(answer) if (record := read_record(row)).name == name]
            if found:
                break
        return min(found, key=lambda record: record.deleted, default=None)

    # --- whom a platform serves (notes 15) --------------------------------------------------------------------------

    def _users_default(self, record: Record) -> str:
        """Where several platforms are marked: the id of the one that a user of the domain has by default. Else, and where
        that cannot be read, ""."""
        if not several_defaults(record.platforms):
            return ""
        try:
            query = {"domainId": record.id, "pageSize": 1}
            users = read_rows(self._client.call("listDomainUsers", query))
        except UpstreamError:
            return ""
        return id_of(users[0], "domainPlatformId") if users else ""

    def mailboxes(self, record: Record) -> dict[str, int | None]:
        """How many mailboxes each platform serves, by its id, side by side; None where that cannot be read."""
        names = [platform.name.lower() for platform in record.platforms]
        if len(set(names)) < len(names):
            return self._counted(record)
        counts = in_order(
            (partial(self._count, record.id, platform.name) for platform in record.platforms), self._threads
        )
        return {platform.id: count for platform, count in zip(record.platforms, counts, strict=True)}

    def _count(self, domain_id: str, platform: str) -> int | None:
        """The total of the users whose platform has this name, which is the only one of that name."""
        try:
            query = {"domainId": domain_id, "platformName": platform, "pageSize": 1}
            answer = self._client.call("listDomainUsers", query)
            read_answer(answer)
        except UpstreamError:
            return None
        return total_of(answer)

    def _counted(self, record: Record) -> dict[str, int | None]:
        """The same where platforms share a name: counted from the users themselves."""
        counts: dict[str, int | None] = {platform.id: 0 for platform in record.platforms}
        try:
            for rows in self._pages.rows("listDomainUsers", {"domainId": record.id}):
                for user in rows:
                    platform = user.get("platform")
                    identity = id_of(platform) if isinstance(platform, dict) else ""
                    counts[identity] = (counts.get(identity) or 0) + 1
        except UpstreamError:
            return {}
        return counts


_NO_LIST = msg(
    "There is no Cleanmail REST API at this address. Check the address of the connection: in public use it ends with "
    "/api/v3."
)
