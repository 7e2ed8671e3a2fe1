"""What each action on a kind sends: the parameters of the call that its declaration names (SPanel contract sheet, 4 and 5).

An entry of `SENDS` turns a `Wish` into parameters; None leaves one out. Traps of the panel are met here: the DNS call that
removes a record when `changes` is missing, privileges that mean "all" when they are missing, 0 that is no "unlimited".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import Invalid
from app.core.plan import Step
from app.core.resource_plans import values_to_send
from app.core.text import msg
from app.providers.spanel import inferred
from app.providers.spanel.kinds.fields import ALL, LISTED
from app.providers.spanel.rows import CRON_FIELDS, LIMITS

Json = Any
Params = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Wish:
    """One step, ready to send. `values`: what the person gave; `now`: what was there of the action's fields; `ref`: what the
    list told beside."""

    account: str
    domain: str
    key: str
    values: Mapping[str, Json]
    now: Mapping[str, Json]
    ref: Mapping[str, Json]

    @classmethod
    def of(cls, step: Step) -> Wish:
        """The wish of a step; secrets in plain text."""
        args = step.args
        return cls(
            account=str(args.get("account", "")),
            domain=step.domain or "",
            key=str(args.get("key", "")),
            values=values_to_send(step),
            now=args.get("now", {}),
            ref=step.ref or {},
        )

    def get(self, name: str) -> Json:
        """What was given; None for nothing."""
        return self.values.get(name) or None

    def merged(self, name: str) -> Json:
        """What was given, else what was there."""
        return self.values[name] if name in self.values else self.now.get(name)


# --- Parts ------------------------------------------------------------------------------------------------------------


def limits(wish: Wish) -> Params:
    """All five limits, for those that are left out become unlimited."""
    return {name: None if (value := wish.merged(name)) == "" else value for name in LIMITS}


def permissions(wish: Wish) -> Json:
    """ "all", or the pages by category. Raises Invalid for none at all: sent, that would grant everything (quirk 8)."""
    if wish.merged("access") == ALL:
        return ALL
    pages = wish.merged("pages") or []
    if wish.merged("access") != LISTED or not pages:
        raise Invalid(
            {
                "values.pages": msg(
                    "Name at least one page: SPanel takes none at all for all of them. Nothing was sent."
                )
            }
        )
    nested: dict[str, list[str]] = {}
    for page in pages:
        category, _, name = page.partition("/")
        nested.setdefault(category, []).append(name)
    return nested


def _record_changes(wish: Wish) -> Params:
    """Changes of a DNS record. Never without them: then the record would be removed (quirk 7)."""
    changes = {name: value for name, value in wish.values.items() if name in inferred.RECORD_KEYS}
    if not changes:
        raise Invalid(
            {"": msg("Nothing of the record changes, and SPanel would remove it. Nothing was sent.")}
        )
    return {"domain": wish.domain, "record": dict(wish.ref["record"]), "changes": changes}


def _cron(wish: Wish) -> Params:
    return {name: wish.values.get(name) or "*" for name in CRON_FIELDS}


def _cron_change(wish: Wish) -> Params:
    """Every field as [old, new], unchanged ones too."""
    return {name: [wish.now.get(name), wish.merged(name)] for name in CRON_FIELDS}


def _cron_there(wish: Wish) -> Params:
    return {name: wish.ref.get(name) for name in CRON_FIELDS}


def _sign_in(role: str) -> Callable[[Wish], Params]:
    return lambda wish: {
        "role": role,
        "username": wish.key,
        "redirect": wish.get("page"),
        "ip": wish.get("ip"),
    }


def _of_key(parameter: str, *fields: str) -> Callable[[Wish], Params]:
    """The key under this parameter, and fields under their own names."""
    return lambda wish: {parameter: wish.key, **{name: wish.get(name) for name in fields}}


def _of_domain(parameter: str, *fields: str) -> Callable[[Wish], Params]:
    return lambda wish: {
        "domain": wish.domain,
        parameter: wish.key,
        **{name: wish.get(name) for name in fields},
    }


def _new_account(wish: Wish) -> Params:
    own = {} if wish.get("package") else limits(wish)
    return {
        "username": wish.values["user"],
        "domain": wish.values["domain"],
        "password": wish.values["password"],
        "package": wish.get("package"),
        **own,
        "permissions": permissions(wish),
    }


def _forwarder(wish: Wish) -> Params:
    goal = {"pipe": wish.values["pipe"]} if wish.get("pipe") else {"to": wish.values["to"]}
    return {"from": wish.values["name"], "domain": wish.domain, **goal}


def _forwarder_there(wish: Wish) -> Params:
    local, _, domain = str(wish.ref["from"]).rpartition("@")
    return {"from": local, "domain": domain or wish.domain, "to": wish.ref["to"]}


def _default_address(wish: Wish) -> Params:
    kind = wish.merged("type")
    address = wish.merged("email") or None
    return {"domain": wish.domain, "type": kind, "email": address if kind == "forward" else None}


# --- By kind and action -----------------------------------------------------------------------------------------------

SENDS: Mapping[tuple[str, str], Callable[[Wish], Params]] = {
    ("accounts", "add"): _new_account,
    ("accounts", "edit"): lambda w: {"username": w.key, **limits(w)},
    ("accounts", "set_package"): _of_key("username", "package"),
    ("accounts", "privileges"): lambda w: {"username": w.key, "permissions": permissions(w)},
    ("accounts", "suspend"): _of_key("username", "reason"),
    ("accounts", "unsuspend"): _of_key("username"),
    ("accounts", "change_domain"): _of_key("username", "domain"),
    ("accounts", "contact"): _of_key("username", "email"),
    ("accounts", "password"): _of_key("username", "password"),
    ("accounts", "ssh"): lambda w: {"username": w.key, "status": w.values["status"] == "on"},
    ("accounts", "sign_in"): _sign_in("user"),
    ("accounts", "remove"): _of_key("username"),
    ("packages", "add"): lambda w: {"package": w.values["name"], **limits(w), "permissions": permissions(w)},
    ("packages", "edit"): lambda w: {"package": w.key, **limits(w), "permissions": permissions(w)},
    ("packages", "remove"): _of_key("package"),
    ("web_site", "edit"): lambda w: {"domain": w.domain, "path": w.values["folder"]},
    ("web_site", "modsecurity"): lambda w: {
        "domain": w.domain,
        "status": "enable" if w.values["modsecurity"] == "enabled" else "disable",
    },
    ("web_site", "certificate_request"): lambda w: {"domain": w.domain, **w.values},
    ("subdomains", "add"): lambda w: {
        "domain": w.domain,
        "subdomain": w.values["name"],
        "path": w.values["folder"],
    },
    ("subdomains", "edit"): lambda w: {"subdomain": w.key, "path": w.values["folder"]},
    ("subdomains", "remove"): _of_key("subdomain"),
    ("redirects", "add"): lambda w: {
        "domain": w.domain,
        "path": w.get("path"),
        "destination": w.values["destination"],
        "type": w.values["type"],
    },
    ("redirects", "remove"): lambda w: {"domain": w.ref["domain"], "path": w.ref["path"] or None},
    ("dns_records", "add"): lambda w: {"domain": w.domain, **w.values},
    ("dns_records", "edit"): _record_changes,
    ("dns_records", "remove"): lambda w: {"domain": w.domain, "record": dict(w.ref["record"])},
    ("mailboxes", "add"): lambda w: {
        "email": w.values["name"],
        "domain": w.domain,
        "password": w.values["password"],
        "quota": w.values["quota"],
    },
    ("mailboxes", "edit"): _of_key("email", "quota"),
    ("mailboxes", "password"): lambda w: {
        "email": w.key,
        "username": w.key,
        "password": w.values["password"],
    },
    ("mailboxes", "remove"): _of_key("email"),
    ("forwarders", "add"): _forwarder,
    ("forwarders", "remove"): _forwarder_there,
    ("autoresponders", "add"): lambda w: {
        "email": f"{w.values['name']}@{w.domain}",
        "message": w.values["message"],
    },
    ("autoresponders", "edit"): _of_key("email", "message"),
    ("autoresponders", "remove"): _of_key("email"),
    ("default_address", "edit"): _default_address,
    ("mail_filters", "add"): lambda w: {
        "domain": w.domain,
        "name": w.values["name"],
        "rule": w.values["field"],
        "check": w.values["check"],
        "value": w.values["value"],
    },
    ("mail_filters", "remove"): _of_domain("name"),
    ("spam_filter", "switch"): lambda w: {"status": w.values["status"]},
    ("spam_filter", "score"): lambda w: {"score": w.values["score"]},
    ("databases", "add"): lambda w: {"database": w.values["name"]},
    ("databases", "remove"): _of_key("database"),
    ("database_access", "add"): lambda w: {
        "database": w.values["database"],
        "username": w.values["username"],
        "privileges": "ALL",
        "hostname": w.get("hostname"),
    },
    ("database_access", "remove"): lambda w: {"database": w.ref["database"], "username": w.ref["username"]},
    ("database_users", "add"): lambda w: {
        "username": w.values["name"],
        "password": w.values["password"],
        "hostname": w.get("hostname"),
    },
    ("database_users", "password"): _of_key("username", "password", "hostname"),
    ("database_users", "remove"): _of_key("username"),
    ("ftp_accounts", "add"): lambda w: {
        "username": w.values["name"],
        "password": w.values["password"],
        "path": w.get("folder"),
    },
    ("ftp_accounts", "password"): _of_key("username", "password"),
    ("ftp_accounts", "remove"): _of_key("username"),
    ("backups", "add"): lambda _: {},
    ("cron_jobs", "add"): _cron,
    ("cron_jobs", "edit"): _cron_change,
    ("cron_jobs", "remove"): _cron_there,
    ("subusers", "add"): lambda w: {
        "username": w.values["name"],
        "password": w.values["password"],
        "permissions": permissions(w),
    },
    ("subusers", "edit"): lambda w: {"username": w.key, "permissions": permissions(w)},
    ("subusers", "password"): _of_key("username", "password"),
    ("subusers", "remove"): _of_key("username"),
    ("admin_users", "add"): lambda w: {
        "username": w.values["email"],
        "password": w.values["password"],
        "permissions": permissions(w),
    },
    ("admin_users", "edit"): lambda w: {"username": w.key, "permissions": permissions(w)},
    ("admin_users", "sign_in"): _sign_in("admin"),
}

TOLD_ONCE: Mapping[str, str] = {"base/sso": "url", "tool/generatecsr": "csr"}
"""What is shown once of an answer, by the call: the key under `data` ("csr" is [inferred])."""
