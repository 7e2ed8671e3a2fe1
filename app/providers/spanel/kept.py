"""What a panel keeps beside domains and routes, read kind by kind (SPanel contract sheet, 4 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.core.errors import Invalid, NotFound, NotSupported, NotThere, Rejected
from app.core.model import Connection
from app.core.names import display
from app.core.plan import Link
from app.core.resources import DOMAIN, Resource, ResourceAt, ResourceKind, ResourcePage, ResourceQuery
from app.core.text import msg
from app.net.answer import Answer
from app.providers.spanel import inferred, rows
from app.providers.spanel.accounts import Accounts
from app.providers.spanel.domains import Domains
from app.providers.spanel.kinds import KINDS, NAMED
from app.providers.spanel.kinds.fields import ALL, LISTED
from app.providers.spanel.panel_api import PanelApi
from app.providers.spanel.parallel import in_order
from app.providers.spanel.spam_filter import SpamFilter
from app.providers.spanel.wire import Account, Row, belongs, read_data, read_rows, shown

Json = Any

_KINDS = {kind.name: kind for kind in KINDS}
PREFIXED = ("databases", "database_users", "ftp_accounts", "subusers")
"""Kinds named without the account's name, which the panel puts before it (quirk 13)."""
MOST_LINKS = 20
"""Domains of an account that its page leads to."""
BACKUP_MODES = ("local", "remote", "custom", "dailycloud")


class Unlisted(NotSupported):
    """The panel does not know the call that would list this: its name is a guess."""

    def __init__(self, call: str) -> None:
        super().__init__(
            "resources_read",
            msg(
                "This panel does not know the call {call}: no document names the one that lists these. What can be added can "
                "be added all the same.",
                call=call,
            ),
        )


@dataclass(frozen=True, slots=True)
class Where:
    """Whose things are asked for: an account, a domain of it with all the account's domains, or ("") the panel's."""

    account: str = ""
    domain: str = ""
    names: frozenset[str] = frozenset()

    def has(self, owner: Json) -> bool:
        """Whether what a list's row names is the domain, or lies below it and in no other domain of the account."""
        name = str(owner).rpartition("@")[2].rstrip(".").lower()
        if belongs(owner, self.domain):
            return True
        nearer = (other for other in self.names if len(other) > len(self.domain))
        below = name.endswith(f".{self.domain}")
        return below and not any(name == other or name.endswith(f".{other}") for other in nearer)


@dataclass(frozen=True, slots=True)
class _List:
    """A kind that one call lists. `owner`: the key that tells the domain, of lists that hold a whole account's."""

    call: str
    read: Callable[[Row, Answer], Resource]
    owner: str = ""
    by_domain: bool = False


_LISTS: Mapping[str, _List] = {
    "packages": _List("accounts/listpackages", rows.package),
    "admin_users": _List("admin/listadminusers", rows.admin_user),
    "subdomains": _List("domain/listsubdomains", rows.subdomain, "domain"),
    "redirects": _List("domain/listredirects", rows.redirect, "domain"),
    "dns_records": _List("domain/listdnszone", rows.dns_record, by_domain=True),
    "mailboxes": _List("email/listemailaccounts", rows.mailbox, "email"),
    "forwarders": _List("email/listemailforwarders", rows.forwarder, "from"),
    "autoresponders": _List("email/listemailautoresponders", rows.autoresponder, "email"),
    "mail_filters": _List("email/listemailfilters", rows.mail_filter, "domain"),
    "databases": _List("mysql/listmysqldatabases", rows.database),
    "ftp_accounts": _List("file/listftpaccounts", rows.ftp_account),
    "cron_jobs": _List("tool/listcrons", rows.cron_job),
    "subusers": _List("user/listsubusers", rows.subuser),
}


class Kept:
    """Lists and single things of every kind."""

    def __init__(self, connection: Connection, api: PanelApi, accounts: Accounts, domains: Domains) -> None:
        self._threads = connection.parallel
        self._api = api
        self._accounts = accounts
        self._domains = domains
        self.spam_filter = SpamFilter(api)
        self._single: Mapping[str, Callable[[Where], Resource]] = {
            "web_site": self._web_site,
            "default_address": self._default_address,
            "spam_filter": lambda where: self.spam_filter.read(where.account),
        }
        self._special: Mapping[str, Callable[[Where, ResourceQuery], list[Resource]]] = {
            "accounts": lambda _where, query: self._all_accounts(query),
            "privileges": lambda _where, _query: self._privileges(),
            "backups": self._backups,
            "database_access": lambda where, _query: rows.database_access(self._listed("databases", where)),
        }

    # --- for everybody --------------------------------------------------------------------------------------

    def where(self, kind: str, at: ResourceAt) -> Where:
        """The account that things of a kind belong to: that of the domain, or the one that is named. Raises NotFound."""
        parent = _kind(kind).parent
        if parent == DOMAIN:
            place = self._domains.locate(at.domain or "")
            return Where(place.user, at.domain or "", place.names)
        return Where(at.parent or "") if parent else Where()

    def list_resources(self, kind: str, at: ResourceAt, query: ResourceQuery) -> ResourcePage:
        """See `ResourceReader.list_resources`: all of them, for no list of the panel has pages."""
        if kind in self._single:
            return ResourcePage([self.read_resource(kind, at, "")], 1)
        where = self.where(kind, at)
        special = self._special.get(kind)
        found = special(where, query) if special else self._listed(kind, where)
        return ResourcePage([_with_name(kind, resource) for resource in found], len(found))

    def read_resource(self, kind: str, at: ResourceAt, key: str) -> Resource:
        """See `ResourceReader.read_resource`."""
        if kind == "accounts":
            return _with_name(kind, self._account(key))
        where = self.where(kind, at)
        if kind in self._single:
            return self._single[kind](where)
        special = self._special.get(kind)
        found = special(where, ResourceQuery()) if special else self._listed(kind, where)
        for resource in found:
            if resource.key == key:
                return _with_name(kind, resource)
        raise NotFound(msg("There is no {kind} “{key}”.", kind=_kind(kind).one, key=key))

    def _listed(self, kind: str, where: Where) -> list[Resource]:
        way = _LISTS[kind]
        params = {"domain": where.domain} if way.by_domain else {}
        try:
            answer = self._api.read(way.call, params, account=where.account)
            items = read_rows(answer)
        except Rejected as refused:
            if inferred.unknown_action(refused.words):
                raise Unlisted(way.call) from refused
            raise
        wanted = [item for item in items if not way.owner or where.has(item.get(way.owner))]
        return [_at_home(kind, way.read(item, answer), where) for item in wanted]

    def every_mailbox(self) -> Iterator[Sequence[str]]:
        """The addresses of all mailboxes: one call for each account, few at a time. An account that refuses has none."""
        calls = (partial(self._addresses, account.user) for account in self._accounts.all())
        return in_order(calls, self._threads)

    def _addresses(self, account: str) -> list[str]:
        try:
            answer = self._api.read(_LISTS["mailboxes"].call, {}, account=account)
        except (NotThere, Rejected):
            return []
        return [rows.mailbox(row, answer).key for row in read_rows(answer)]

    # --- accounts -------------------------------------------------------------------------------------------

    def _all_accounts(self, query: ResourceQuery) -> list[Resource]:
        """By one call, however many there are. A client token opens one account, and tells its domains alone."""
        if not self._api.opens_all:
            return [self._own_account(self._api.account)]
        answer = self._api.read("accounts/listaccounts", account_filters(query.filters))
        return [rows.account(row, answer) for row in read_rows(answer)]

    def _account(self, user: str) -> Resource:
        """One account with its domains and privileges: three calls side by side. Raises NotFound."""
        if not self._api.opens_all:
            if user != self._api.account:
                raise NotFound(
                    msg("The connection's client token opens {account} only.", account=self._api.account)
                )
            return self._own_account(user)
        parts: list[Callable[[], Any]] = [
            lambda: self._one_account(user),
            partial(self._or_nothing, self._sites_of, user),
            partial(self._or_nothing, self._access_of, user),
        ]
        answers: list[Any] = list(in_order(parts, min(self._threads, len(parts))))
        found: Resource = answers[0]
        sites, access = answers[1:]
        return replace(
            found, values={**found.values, **sites, **access}, links=_to_domains(sites.get("sites", ()))
        )

    def _one_account(self, user: str) -> Resource:
        """More rows than the one asked for may come, none, or an error (sheet, 4)."""
        missing = msg("There is no account “{user}” on this panel.", user=user)
        answer = self._api.read("accounts/listaccounts", {"accountuser": user})
        try:
            items = read_rows(answer)
        except Rejected as refused:
            raise NotFound(missing) from refused
        row = next((row for row in items if row.get("user") == user), None)
        if row is None:
            raise NotFound(missing)
        return rows.account(row, answer)

    def _own_account(self, user: str) -> Resource:
        sites = self._accounts.sites(Account(user))
        main = next((site.name for site in sites if site.main), "")
        names = [display(site.name) for site in sites]
        values = {"user": user, "domain": main, "state": "unknown", "sites": names}
        access = self._or_nothing(self._access_of, user)
        return Resource(user, {**values, **access}, links=_to_domains(names))

    def _sites_of(self, user: str) -> dict[str, Json]:
        return {"sites": [display(site.name) for site in self._accounts.sites(Account(user))]}

    def _access_of(self, user: str) -> dict[str, Json]:
        """What an account may do. All the pages that there are is what the panel says of an account with every right, and of
        one that was given each page by hand."""
        own = rows.pages_of(read_data(self._api.read("user/listuserpermissions", account=user)))
        if own is None:
            return {}
        if self._api.has_admin_token:
            every = rows.pages_of(read_data(self._api.read("accounts/listuserpermissions")))
            if every is not None and set(every) <= set(own):
                return {"access": ALL, "pages": []}
        return {"access": LISTED, "pages": own}

    def _or_nothing(self, read: Callable[[str], dict[str, Json]], user: str) -> dict[str, Json]:
        """A part of an account, {} where the panel refuses to tell it (of a suspended account, say)."""
        try:
            return read(user)
        except Rejected:
            return {}

    def _privileges(self) -> list[Resource]:
        """The pages that privileges can name, for accounts and for administrators."""
        calls = ("accounts/listuserpermissions", "admin/listadminuserpermissions")
        reads = [partial(self._api.read, call) for call in calls]
        of_accounts, of_admins = (rows.pages_of(read_data(a)) or [] for a in in_order(reads, len(reads)))
        return [
            Resource(page, {"accounts": page in of_accounts, "admins": page in of_admins})
            for page in sorted({*of_accounts, *of_admins})
        ]

    # --- domains --------------------------------------------------------------------------------------------

    def _web_site(self, where: Where) -> Resource:
        site = next((s for s in self._accounts.sites(Account(where.account)) if s.name == where.domain), None)
        if site is None:
            raise NotFound(msg("{domain} is not on this server.", domain=display(where.domain)))
        return Resource(
            "",
            {
                "account": where.account,
                "folder": inferred.below_home(site.folder, where.account),
                "main": site.main,
                "modsecurity": site.modsecurity or "unknown",
            },
            display(where.domain),
            links=(_to_account(where.account),),
        )

    def _default_address(self, where: Where) -> Resource:
        data = read_data(
            self._api.read("email/getdefaultaddressstatus", {"domain": where.domain}, account=where.account)
        )
        values = {"type": shown(data.get("type"), 40), "email": shown(data.get("email"), 320)}
        return Resource("", values, display(where.domain))

    # --- hosting --------------------------------------------------------------------------------------------

    def _backups(self, where: Where, query: ResourceQuery) -> list[Resource]:
        """Of one place, or of all four side by side."""
        mode, kind = query.filters.get("mode", ""), query.filters.get("type", "")
        modes: Sequence[str] = (mode,) if mode in BACKUP_MODES else BACKUP_MODES
        reads = [
            partial(
                self._api.read,
                "file/listfullbackups",
                {"mode": one, "type": kind or None},
                account=where.account,
            )
            for one in modes
        ]
        found: dict[str, Resource] = {}
        for one, answer in zip(modes, in_order(reads, len(reads)), strict=True):
            for row in read_rows(answer):
                resource = rows.backup({"mode": one, **row}, answer)
                found.setdefault(resource.key, resource)
        return list(found.values())


def _to_account(user: str) -> Link:
    params = {"area": "hosting", "kind": "accounts", "item": user}
    return Link(msg("The account {account}", account=user), "resources.one", params)


def _to_domains(names: Sequence[str]) -> tuple[Link, ...]:
    return tuple(
        Link(msg("{domain}: mail, routes, rules", domain=name), "domain.show", {"name": name})
        for name in names[:MOST_LINKS]
    )


def account_filters(filters: Mapping[str, str]) -> dict[str, Json]:
    """The questions of `accounts/listaccounts`. Raises Invalid for one that is not asked to its end."""
    if filters.get("disk") and not filters.get("disk_value", "").isdigit():
        raise Invalid({"": msg("Disk space: say how much, as a whole number.")})
    if filters.get("setup") and not (filters.get("setup_day") or filters.get("setup_age")):
        raise Invalid({"": msg("Set up: say how long ago, or the day.")})
    params: dict[str, Json] = {
        "statusOption": filters.get("status") or None,
        "selectedPackage": filters.get("package") or None,
    }
    if filters.get("disk"):
        params["diskSpaceOption"] = filters["disk"]
        params["diskSpaceValue"] = filters["disk_value"]
        params["diskSpaceType"] = filters.get("disk_unit") or "MB"
    day, age = filters.get("setup_day", ""), filters.get("setup_age", "")
    if filters.get("setup"):
        params["setupOption"] = filters["setup"]
        params["setupValue"] = "custom" if day else age
        params["setupDate"] = day or None
    return params


def _at_home(kind: str, resource: Resource, where: Where) -> Resource:
    """The resource with what calls take: folders counted from the home folder, names without the account's before them."""
    values, folder = dict(resource.values), resource.values.get("folder")
    if isinstance(folder, str):
        values["folder"] = inferred.below_home(folder, where.account)
    if kind in PREFIXED:
        values["name"] = str(values["name"]).removeprefix(f"{where.account}_")
    return replace(resource, values=values)


def _with_name(kind: str, resource: Resource) -> Resource:
    """The resource with its key in the column for it, where the kind has one."""
    if _kind(kind).column(NAMED) is None:
        return resource
    return replace(resource, values={NAMED: resource.key, **resource.values})


def _kind(name: str) -> ResourceKind:
    if name not in _KINDS:
        raise NotFound(msg("SPanel has no “{kind}”.", kind=name))
    return _KINDS[name]
