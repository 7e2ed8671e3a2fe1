"""The fixture of each documented exchange: what the manual's server held before the request.

An id means something else in every exchange, so each has its own world. Ids are given where a path or the order of a
list needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from app.sandbox.cleanmail import (
    admins,
    aliases,
    dkim,
    domains,
    filters,
    groups,
    options,
    platforms,
    policies,
    senders,
    tokens,
    users,
)
from app.sandbox.cleanmail.records import Records
from app.sandbox.cleanmail.rights import holder

TOKEN = "0" * 31 + "1"
CREATED = 1774457440695

IDS = ("ByE3n", "By46n", "Eygdk", "YyjPn", "Vnoey")
"""Ids in the order of the numbers behind them, as the manual's lists sorted by id show."""

Row = dict[str, Any]
World = Callable[[Records], object]

_SERVICES = ("quarantine", "retention", "archive")


def base(records: Records) -> None:
    """A customer, and the system administrator who calls."""
    records.add("customers", {"id": "ByE3n", "brokerId": "ByE3n", "name": "Alinto", "description": None, "externalId": None, "createdAt": CREATED})  # fmt: skip
    caller = {"id": "RkVMy", "login": "admin@test.net", "displayName": "Admin", "email": "admin@test.net", "sysAdmin": True}  # fmt: skip
    admins.make(records, caller)
    tokens.make(records, holder("admin", "RkVMy"), {"id": "RkVMy", "name": "test", "value": TOKEN})


def _domain(
    records: Records, name: str, domain_id: str = "Eygdk", services: Iterable[str] = (), **more: Any
) -> Row:
    switches = {service: service in services for service in _SERVICES}
    policy = more.pop("policy", {})
    start = {"id": domain_id, "name": name, "customerId": "ByE3n", "creationDate": CREATED, **more}
    return domains.make(records, start, {"id": domain_id, **switches, **policy})


def _platform(
    records: Records, domain_id: str, platform_id: str, name: str = "platform", host: str = "1.2.3.4"
) -> None:
    platforms.make(records, domain_id, {**platforms.route(name, [host], 25), "id": platform_id})


def _user(records: Records, domain: Row, email: str, user_id: str, **more: Any) -> Row:
    start = {"id": user_id, "email": email, "creationDate": CREATED, "language": "EN", **more}
    return users.make(records, start, domain)


_NOTHING_STORED = {f"store{kind}": False for kind in ("Spam", "Virus", "Advert", "Blacklisted", "SenderVerify", "BadHeaders", "BadEncoding", "BadAttachments")}  # fmt: skip

_LANNISTER_POLICY: Row = {
    "mailSizeLimit": 5,
    "spamScore": 6.8,
    "relayProps": {
        "relaySpam": True,
        "advertPrefix": "[AD]",
        "relayBadHeaders": True,
        "relayBadAttachments": True,
        "spamScoreLimit": 10.0,
    },
    "quarantineProps": _NOTHING_STORED,
    "retentionProps": {"storeMailOut": False, "storeCleanMailIn": False},
    "archiveProps": {
        **{name: value for name, value in _NOTHING_STORED.items() if name != "storeVirus"},
        "storeMailOut": False,
        "storeCleanMailIn": False,
    },
}


def _lannister(records: Records) -> Row:
    row = _domain(records, "lannister.net", "ByE3n", _SERVICES, policy=_LANNISTER_POLICY)
    _platform(records, "ByE3n", "ByE3n", "Westeros", "smtp.westeros.com")
    return row


def _cersei(records: Records, domain: Row) -> None:
    names = {"firstname": "Cersei", "lastname": "Lannister", "language": "FR"}
    _user(records, domain, "cersei@lannister.net", "ByE3n", **names)


def _only_domain(name: str) -> World:
    return lambda records: _domain(records, name)


# 5.2 AuthenticationTokens


def _admin_with_tokens(records: Records) -> None:
    admins.make(
        records, {"id": "ByE3n", "login": "tyrion", "displayName": "Tyrion", "email": "tyrion@test.net"}
    )
    owner = holder("admin", "ByE3n")
    tokens.make(
        records, owner, {"id": "ByE3n", "name": "mytoken", "expiration": 1805993566000, "createdAt": CREATED}
    )
    tokens.make(records, owner, {"id": "By46n", "name": "mytoken2", "createdAt": CREATED})


# 5.3 DomainAliases


def _two_aliases(records: Records) -> None:
    _domain(records, "lannister.net")
    for alias_id, name in (("ByE3n", "lions.net"), ("By46n", "lanisters.net")):
        aliases.make(records, "Eygdk", name, alias_id)


# 5.4 DomainPolicies


def _unused_policy(records: Records) -> None:
    _domain(records, "lannister.net", "ByE3n")
    policy = {"id": "Eygdk", "name": "spare", "quarantine": False, "retention": False, "incoming": True}
    policies.make(records, "ByE3n", policy)


def _default_test_policy(records: Records) -> None:
    _domain(records, "stark.net")
    policy = {
        "id": "YyjPn",
        "name": "DefaultTestPolicy",
        "quarantine": True,
        "retention": False,
        "archive": True,
        "mailSizeLimit": 6,
        "spamScore": 7.6,
        "incoming": True,
        "relayProps": {"advertPrefix": "[ADVERT]"},
        "quarantineProps": {"duration": 3},
        "archiveProps": {"duration": 12},
    }
    policies.make(records, "Eygdk", policy)


def _two_policies(records: Records) -> None:
    _lannister(records)
    policy = {
        "id": "Eygdk",
        "name": "policyB",
        "quarantine": True,
        "retention": False,
        "mailSizeLimit": 14,
        "incoming": True,
        "quarantineProps": {"duration": 30},
    }
    policies.make(records, "ByE3n", policy)


# 5.5 Domains


def _domain_with_platforms(name: str, language: str, ids: tuple[str, ...]) -> World:
    """Leftovers of a test run: several platforms of one name, each marked as the default."""

    def world(records: Records) -> None:
        provider = {
            "id": "ByE3n",
            "name": "test1",
            "spfProvider": "spf.protection.outlook.com",
            "active": True,
        }
        records.add("providers", provider)
        _domain(records, name, defaultLanguage=language, outgoingProvidersIds=["ByE3n"])
        for platform_id in ids:
            _platform(records, "Eygdk", platform_id)

    return world


_SIX = ("Eygdk", "oydvn", "6AMln", "zkLOy", "RkVMy", "WAzMn")


def _domain_options(records: Records) -> None:
    _domain(records, "targaryen.net")
    options.define(
        records, "APP_URL", "HOST", "protect.winterfell.net", "customer", "domain", restricted=True
    )
    options.define(records, "DOMAIN_OPTION_EXAMPLE", "STRING", "value_by_default", "domain")
    options.define(records, "DOMAIN_ADMIN", "EMAIL", "noreply@cleanmail.eu", "domain")
    own = {"DOMAIN_OPTION_EXAMPLE": "domain_value", "DOMAIN_ADMIN": "reporter@targaryen.net"}
    records.table("options")["domain:Eygdk"] = own


def _other_domain_admin(records: Records) -> None:
    _domain(records, "targaryen.net")
    options.define(records, "DOMAIN_ADMIN", "EMAIL", "support@cleanmail.tld", "domain")


# 5.6 DomainsDKIM


def _with_dkim(*names: str) -> World:
    def world(records: Records) -> None:
        _domain(records, "stark.com")
        for name in names:
            aliases.make(records, "Eygdk", name)
        dkim.make(records, "Eygdk", "protect", "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB", "")

    return world


# 5.8 and 5.10 filters


def _one_filter(kind: filters.Kind, **given: str) -> World:
    def world(records: Records) -> None:
        filters.make(records, kind, _domain(records, "stark.net"), {"id": "ByE3n", **given})

    return world


_ATTACHMENT = _one_filter(filters.ATTACHMENTS, action="ALLOW", checkType="CONTENTTYPE", filter=".xlsx")
_URI = _one_filter(filters.URIS, action="URIDNSBL_SKIP_DOMAIN", filter="bulist.com")


# 5.9 FilteringRulesOnSenders


def _domain_and_mailbox(records: Records) -> None:
    _user(records, _domain(records, "iswittercoming.net"), "notyet@iswittercoming.net", "By46n")


_SENDERS = (
    "daenerys@goodguys.fr",
    "baelish@badguys.fr",
    "arya@goodguys.fr",
    "deadguys.fr",
    "joffrey@badguys.fr",
)


def _domain_rules(records: Records) -> None:
    owner = senders.owner_of_domain(_domain(records, "alive.net"))
    more: tuple[Row, ...] = (
        {"type": "ALLOW", "spfOn": True},
        {"type": "BLOCK", "description": "he's a traitor"},
        {"type": "ALLOW", "spfOn": True},
        {"type": "BLOCK", "expireAt": 1779724340000},
        {"type": "BLOCK"},
    )
    for rule_id, value, rest in zip(IDS, _SENDERS, more, strict=True):
        senders.make(records, owner, {"id": rule_id, "value": value, **rest})


def _mailbox_rules(records: Records) -> None:
    domain = _domain(records, "iswittercoming.net")
    owner = senders.owner_of_user(_user(records, domain, "notyet@iswittercoming.net", "By46n"))
    for number, (rule_id, value) in enumerate(zip(IDS, _SENDERS, strict=True)):
        kind: Row = {"type": "ALLOW", "spfOn": False} if number < 3 else {"type": "BLOCK"}
        expiry = 1779724348000 if number == 1 else None
        senders.make(records, owner, {"id": rule_id, "value": value, "expireAt": expiry, **kind})


# 5.11 Health


def _entry(kind: str, result: str, *output: str) -> Row:
    return {"type": kind, "result": result, "output": list(output)}


def _report(records: Records, domain_id: str, *entries: Row, status: bool = False) -> None:
    report = {"status": status, "entries": list(entries)}
    records.table("health")[f"domain:{domain_id}"] = {"performedAt": 1774461036, "report": report}


def _dkim_missing(selector: str) -> Row:
    text = f'Fail: DKIM DNS entry not found for domain "targaryen.net" and selector "{selector}"'
    return _entry("DKIM", "ERROR_DKIM_MISSING_ENTRY", "Lookup for dkim entry in DNS for targaryen.net", text)


def _stored_health(records: Records) -> None:
    _domain(records, "targaryen.net")
    _report(records, "Eygdk", _entry("MX", "OK", "Passed"), _dkim_missing("protect"), status=True)


def _two_failures(records: Records) -> None:
    _domain(records, "stark.net", "YyjPn")
    _domain(records, "targaryen.net", "Eygdk")
    mx = ("Lookup for MX entry in DNS for stark.net", "Required: 83.145.xxx.xxx", "Fail")
    key = (
        "Lookup for dkim entry in DNS for stark.net",
        "Fail: DKIM key defined in DNS does not match with private part",
    )
    invalid = _entry("MX", "ERROR_MX_INVALID_ENTRY", *mx), _entry("DKIM", "ERROR_DKIM_INVALID_COUPLE", *key)
    _report(records, "YyjPn", *invalid)
    absent = ("Lookup for MX entry in DNS for targaryen.net", "Fail: No MX entry found")
    _report(records, "Eygdk", _entry("MX", "ERROR_MX_MISSING_ENTRY", *absent), _dkim_missing("cleanmail"))


# 5.14 Users


def _sansa(records: Records) -> None:
    domain = _domain(records, "stark.net")
    _platform(records, "Eygdk", "Eygdk")
    _user(records, domain, "sansa@stark.net", "By46n", firstname="Sansa", lastname="Stark")


def _three_lannisters(records: Records) -> None:
    domain = _lannister(records)
    _cersei(records, domain)
    for user_id, name in (("By46n", "Joffrey"), ("Eygdk", "Tommen")):
        names = {"firstname": name, "lastname": "Lannister", "status": "DISABLED"}
        _user(records, domain, f"{name.lower()}@lannister.net", user_id, **names)


def _two_domains_of_users(records: Records) -> None:
    _cersei(records, _lannister(records))
    domain = _domain(records, "martell.net")
    _platform(records, "Eygdk", "Eygdk")
    for user_id, name in (("By46n", "Oberyn"), ("Eygdk", "Elia")):
        names = {"firstname": name, "lastname": "Martell", "status": "DISABLED"}
        _user(records, domain, f"{name.lower()}@martell.net", user_id, **names)


def _user_option(value: str | None) -> World:
    def world(records: Records) -> None:
        _sansa(records)
        options.define(records, "USER_OPTION_EXAMPLE", "STRING", "0", "user")
        if value is not None:
            records.table("options")["user:By46n"] = {"USER_OPTION_EXAMPLE": value}

    return world


# 5.15 UsersAliases

_NAMES = {"joffrey": "Baratheon", "ramsay": "Bolton", "themontain": "Clegane"}


def _bad_guys(*recipients: str, named: bool = False) -> World:
    """The alias with these recipients; the accounts have names in one exchange only."""

    def world(records: Records) -> None:
        domain = _domain(records, "got.net")
        for user_id, (local, last) in zip(IDS, _NAMES.items(), strict=False):
            first = "Gregor" if local == "themontain" else local.capitalize()
            names = {"firstname": first, "lastname": last} if named else {}
            _user(records, domain, f"{local}@got.net", user_id, **names)
        groups.make(records, "Eygdk", "badguys@got.net", [], "ByE3n")
        members = [
            {"id": one, "email": f"{local}@got.net"} for one, local in zip(IDS, recipients, strict=False)
        ]
        records.put("groups", {**(records.find("groups", "ByE3n") or {}), "recipients": members})

    return world


# 5.16 UsersSigns


def _rob(records: Records) -> None:
    domain = _domain(records, "stark.net", services=("retention",))
    _user(records, domain, "rob@stark.net", "By46n", sign="Um9iZXJ0IFN0YXJrPGJyLz5LaW5nIG9mIHRoZSBub3J0aA==")


WORLDS: dict[str, World] = {
    "createToken": _admin_with_tokens,
    "listOfUserTokens": _admin_with_tokens,
    "deleteToken": _admin_with_tokens,
    "addDomainAlias": _only_domain("stark.net"),
    "deleteDomainAlias": _two_aliases,
    "listDomainAliases": _two_aliases,
    "editDomainAliases": _only_domain("lannister.net"),
    "newPolicy": lambda records: _domain(records, "lannister.net", "ByE3n"),
    "deletePolicy": _unused_policy,
    "singleDomainPolicy": _default_test_policy,
    "listDomainPolicies": _two_policies,
    "editPolicy": lambda records: _domain(records, "lannister.net", "ByE3n"),
    "createDomain": lambda records: None,
    "deleteDomainOption": _domain_options,
    "deleteDomain": _only_domain("got.com"),
    "singleDomain": _domain_with_platforms("got.com", "EN", _SIX),
    "listDomainOptions": _domain_options,
    "listDomains": _domain_with_platforms("stark.net", "FR", (*_SIX, "BAwly")),
    "setDomainOption": _other_domain_admin,
    "editDomain": _only_domain("got.com"),
    "addDkim": _only_domain("stark.com"),
    "deleteDomainDkim": _with_dkim(),
    "getDkim": _with_dkim("winterfell.net"),
    "updateDomainDkim": _with_dkim(),
    "addAttachmentFilterToDomain": _only_domain("stark.net"),
    "deleteAttachmentFilter": _ATTACHMENT,
    "editAttachmentFilter": _ATTACHMENT,
    "addEntries": _domain_and_mailbox,
    "addDomainRule": _only_domain("alive.net"),
    "addMailboxRule": _domain_and_mailbox,
    "deleteDomainRule": _domain_rules,
    "deleteMailboxRule": _mailbox_rules,
    "getDomainFilterRules": _domain_rules,
    "getUserFilterRules": _mailbox_rules,
    "updateDomainRule": _domain_rules,
    "updateMailboxRule": _mailbox_rules,
    "setDomainRules": _domain_rules,
    "setMailboxRules": _mailbox_rules,
    "addUriBlFilterToDomain": _only_domain("stark.net"),
    "deleteUriBlFilter": _URI,
    "editUriBlFilter": _URI,
    "runDomainDiagnostic": _only_domain("targaryen.net"),
    "getDomainHealth": _stored_health,
    "getHealthErrors": _two_failures,
    "executeTask": _three_lannisters,
    "newUser": _lannister,
    "deleteUserOption": _user_option("1"),
    "deleteUser": _sansa,
    "singleUser": _sansa,
    "listDomainUsers": _three_lannisters,
    "listUserOptions": _user_option("1"),
    "listUsers": _two_domains_of_users,
    "setUserOption": _user_option(None),
    "editUser": _sansa,
    "addAddressesToEmailAlias": _bad_guys(),
    "newEmailAlias": _only_domain("stark.net"),
    "deleteEmailAlias": _bad_guys("joffrey"),
    "deleteEmailAliasRecipient": _bad_guys("joffrey", "ramsay"),
    "listTargetedAddressesOfAlias": _bad_guys(*_NAMES, named=True),
    "listEmailAliasesOfDomain": _bad_guys("joffrey", "ramsay"),
    "editEmailAlias": _bad_guys("themontain"),
    "deleteSign": _rob,
    "getSign": _rob,
}
