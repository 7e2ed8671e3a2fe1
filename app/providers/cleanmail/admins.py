"""Administrators, their tokens and who may manage a domain, as they are read (Cleanmail REST API manual, 5.1, 5.2, 5.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from app.core.access import AdminPage, DomainAccess, Grant, Permission, UpstreamAdmin, UpstreamToken
from app.core.errors import Malformed, NotFound, NotThere
from app.core.names import display
from app.core.text import msg
from app.providers.cleanmail.client import Client
from app.providers.cleanmail.pages import Pages
from app.providers.cleanmail.parallel import in_order
from app.providers.cleanmail.reads import Reads
from app.providers.cleanmail.wire import Row, id_of, moment_of, read_rows, rows_of, text_of, total_of

Json = Any

_PAGE = 200
_LONGEST = 500  # rows of a list that is not paged


class Admins:
    """The administrators of one connection. `account`: whose token it is, as the connection says ("": not known)."""

    def __init__(self, reads: Reads, client: Client, account: str) -> None:
        self._reads = reads
        self._client = client
        self._pages = Pages(client, parallel=1)
        self._account = account.strip().casefold()

    def page(self, text: str, page: int, size: int) -> AdminPage:
        """One page of those on whose objects the token may grant (5.1.2)."""
        query: dict[str, Json] = {"offset": (page - 1) * size, "pageSize": size, "sort": "login"}
        answer = self._client.call("listAdmins", {**query, "search": text or None})
        rows = read_rows(answer)
        return AdminPage(tuple(self.read(row) for row in rows[:size]), total_of(answer))

    def one(self, login: str) -> UpstreamAdmin:
        """One of them, with all permissions (5.1.3). Raises NotFound."""
        return self.read(self._whole(self._row(login), login))

    def found(self, login: str) -> UpstreamAdmin:
        """The same as the list shows it, by one call less: whose account it is, and its id. Raises NotFound."""
        return self.read(self._row(login))

    def _row(self, login: str) -> Row:
        """The row of a login, in the list that the search finds: what it searches besides is sorted out here."""
        rows = read_rows(self._client.call("listAdmins", {"search": login, "pageSize": _PAGE}))
        row = next((row for row in rows if text_of(row, "login").casefold() == login.casefold()), None)
        if row is None or not id_of(row):
            raise NotFound(msg("Cleanmail shows no administrator “{login}”.", login=login))
        return row

    def _whole(self, row: Row, login: str) -> Row:
        try:
            whole = self._client.ask("getAdmin", {"adminId": id_of(row)})
        except NotThere as gone:
            raise NotFound(msg("Cleanmail shows no administrator “{login}”.", login=login)) from gone
        return whole if isinstance(whole, dict) and id_of(whole) == id_of(row) else row

    def tokens(self, admin: UpstreamAdmin) -> list[UpstreamToken]:
        """The tokens of an administrator, without values (5.2.2)."""
        answer = self._client.call("listOfUserTokens", {"adminId": admin.ref["id"]})
        ours = False if admin.ours is False else None
        return [read_token(row, ours) for row in read_rows(answer)[:_LONGEST] if id_of(row)]

    def access(self, domain: str) -> DomainAccess:
        """The administrators of a domain, what its users may do, and what can be given, asked side by side."""
        record = self._reads.record(domain)
        asks: list[Callable[[], list[Row]]] = [
            partial(self._of_domain, record.id),
            partial(self._rows, "listUsersAccess", {"domainId": record.id}),
            partial(self._rows, "listPermissions", {"scope": "DOMAIN", "id": record.id}),
        ]
        admins, users, offered = in_order(asks, len(asks))
        return DomainAccess(
            admins=tuple((self.read(row), permissions_on(row, record.id)) for row in admins),
            users=tuple(read_users(users)),
            offered=offered_of(offered),
        )

    def access_of(self, domain: str, login: str) -> DomainAccess:
        """The same for one account alone, by the call about it (5.5.7): an account without an access is left out.

        Raises NotFound for a domain or an account that is not there.
        """
        looks: list[Callable[[], Any]] = [partial(self.domain_id, domain), partial(self._row, login)]
        domain_id, row = in_order(looks, len(looks))
        where = {"domainId": domain_id, "adminId": id_of(row)}
        asks: list[Callable[[], Any]] = [
            partial(self._in_domain, where),
            partial(self._rows, "listPermissions", {"scope": "DOMAIN", "id": domain_id}),
        ]
        there, offered = in_order(asks, len(asks))
        held = () if there is None else permissions_on(there, domain_id)
        admins = ((self.read(there), held),) if there is not None and held else ()
        return DomainAccess(admins, None, offered_of(offered))

    def _in_domain(self, where: Mapping[str, str]) -> Row | None:
        """An account as the domain shows it, None where it has no access to it."""
        try:
            row = self._client.ask("getDomainAdmin", where)
        except NotThere:
            return None
        return row if isinstance(row, dict) and id_of(row) == where["adminId"] else None

    def _of_domain(self, domain_id: str) -> list[Row]:
        """All administrators of a domain, page by page (5.5.9)."""
        return [row for rows in self._pages.rows("listDomainAdmins", {"domainId": domain_id}) for row in rows]

    def _rows(self, call: str, arguments: Mapping[str, Json]) -> list[Row]:
        return read_rows(self._client.call(call, arguments))

    def read(self, row: Row) -> UpstreamAdmin:
        """An administrator in our words. Raises Malformed for one without login."""
        login = text_of(row, "login", 200)
        if not login or not id_of(row):
            raise Malformed(msg("An administrator without a login came."))
        email = text_of(row, "email", 200)
        grants = tuple(read_grant(grant) for grant in rows_of(row, "authorities") or ())
        return UpstreamAdmin(
            login=login,
            name=text_of(row, "displayName", 200),
            email=email,
            language=text_of(row, "language", 10).upper(),
            enabled=_flag(row, "enabled"),
            everything=_flag(row, "sysAdmin"),
            second_factor=_flag(row, "totp"),
            grants=grants,
            last_seen=moment_of(row, "lastConnectionDate"),
            created_at=moment_of(row, "createdAt"),
            ours=self._account in (login.casefold(), email.casefold()) if self._account else None,
            ref={"id": id_of(row)},
        )

    def domain_id(self, domain: str) -> str:
        """The id of a domain. Raises NotFound."""
        return self._reads.record(domain).id


def read_grant(row: Row) -> Grant:
    """An authority (manual, 6.15)."""
    kind = text_of(row, "objectType", 50).lower()
    name = text_of(row, "objectName", 253) or text_of(row, "securedObjectName", 253) or id_of(row, "objectId")
    return Grant(kind, display(name), _names(row))


def permissions_on(row: Row, domain_id: str) -> tuple[str, ...]:
    """What an administrator may do with this very domain, as the row of the list says."""
    for authority in rows_of(row, "authorities") or ():
        if text_of(authority, "objectType").upper() == "DOMAIN" and id_of(authority, "objectId") == domain_id:
            return _names(authority)
    return ()


def offered_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """The permissions that the token can give (5.1.4)."""
    return tuple(
        text_of(row, "name", 100) for row in rows if text_of(row, "name") and row.get("editable") is not False
    )


def read_users(rows: Sequence[Row]) -> list[Permission]:
    """What the users of a domain may do (manual, 6.2)."""
    named = ((text_of(row, "name", 100), row.get("enabled")) for row in rows)
    return [Permission(name, on is True) for name, on in named if name]


def read_token(row: Row, ours: bool | None) -> UpstreamToken:
    """A token (manual, 6.45); its value is left where it is."""
    return UpstreamToken(
        id=id_of(row),
        name=text_of(row, "name", 100),
        created_at=moment_of(row, "createdAt"),
        expires_at=moment_of(row, "expiration"),
        last_used_at=moment_of(row, "lastUse"),
        ours=ours,
    )


def _names(row: Row) -> tuple[str, ...]:
    names = row.get("permissions")
    return (
        tuple(str(name)[:100] for name in names if isinstance(name, str)) if isinstance(names, list) else ()
    )


def _flag(row: Row, key: str) -> bool | None:
    value = row.get(key)
    return value if isinstance(value, bool) else None
