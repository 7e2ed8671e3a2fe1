"""Every action of the panel in one table, with what it requires and accepts (SPanel contract sheet, 4 and 5).

Limits of values that the sheet does not give (hosts of mail routes, cron fields, names) are [inferred].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.sandbox.spanel import (
    accounts,
    databases,
    dns,
    domains,
    files,
    filtering,
    forwarding,
    listing,
    mailboxes,
    packages,
    people,
    sso,
    tools,
    values,
)
from app.sandbox.spanel.answers import Answer, Refused, done
from app.sandbox.spanel.call import Call
from app.sandbox.spanel.php import Value
from app.sandbox.spanel.values import Check

ADMIN_CATEGORIES = ("accounts", "admin", "server", "toolbox", "base")
"""Categories for admin tokens only; in all others an account is worked on."""


@dataclass(frozen=True)
class Action:
    """What one action takes: required parameters, checks of values, other names of parameters."""

    run: Callable[[Call], Answer]
    required: str = ""
    values: Mapping[str, Check] = field(default_factory=dict)
    also: Mapping[str, str] = field(default_factory=dict)
    """Another name under which a parameter is accepted, by its proper name."""
    needs: Callable[[Call], tuple[str, ...]] = lambda _: ()
    """What is required beside, depending on other parameters."""

    def normalised(self, params: dict[str, Value]) -> dict[str, Value]:
        """Return the parameters under their proper names."""
        proper = {name: params[other] for name, other in self.also.items() if other in params}
        return {**proper, **params}

    def check(self, call: Call) -> None:
        """Raise ``Refused`` with one entry per missing parameter, or else per bad value."""
        wanted = (*self.required.split(), *self.needs(call))
        absent = [name for name in wanted if call.params.get(name, "") in ("", [], {})]
        if absent:
            raise Refused(**{name: f"The {name} field is required" for name in absent})
        problems = {
            name: check(call.params[name]) for name, check in self.values.items() if call.params.get(name)
        }
        bad = {name: problem for name, problem in problems.items() if problem}
        if bad:
            raise Refused(**bad)


def api_check(_: Call) -> Answer:
    """toolbox/apicheck: a shape between A and F is [inferred]."""
    return done("API connection successful")


def _forwarder_goal(call: Call) -> tuple[str, ...]:
    return () if call.text("pipe") else ("to",)


def _remote_exchangers(call: Call) -> tuple[str, ...]:
    return ("mailserver", "priority") if call.text("exchanger") == forwarding.REMOTE else ()


def _forward_address(call: Call) -> tuple[str, ...]:
    return ("email",) if call.text("type") == "forward" else ()


DOMAIN = {"domain": values.domain}
FULL_EMAIL = {"email": values.address}
QUOTA = {"quota": values.at_least(100, " MB")}
LIMITS = {
    **QUOTA,
    "inodes": values.at_least(10000),
    "domains": values.at_least(0),
    "emails": values.at_least(0),
    "databases": values.at_least(0),
}
USERS = {"username": values.each(values.text)}
NEW_PERSON = {"password": values.password, "permissions": values.user_permissions}
DOMAIN_PATH = {**DOMAIN, "path": values.path}
SPAM_LIST = {"type": values.one_of("whitelist", "blacklist")}
DNS_VALUES = {
    **DOMAIN,
    "name": values.text,
    "type": values.one_of(*dns.TYPES),
    "value": values.text,
    "ttl": values.at_least(0),
    "priority": values.at_least(0),
}
CRON_VALUES = {
    **dict.fromkeys(tools.CRON_FIELDS[:4], values.cron_field),
    "weekday": values.weekday,
    "command": values.text,
}
CRON = " ".join(tools.CRON_FIELDS)
CSR_TEXT = values.matching(r".{1,64}", "The value must have 1 to 64 characters")
LIST_FILTERS = {
    "diskSpaceOption": values.one_of("exactly", "over", "under"),
    "diskSpaceValue": values.at_least(0),
    "diskSpaceType": values.one_of("MB", "GB", "%"),
    "statusOption": values.one_of("active", "suspended", "scheduled"),
    "setupOption": values.one_of("older", "newer", "created"),
    "setupValue": values.one_of("1w", "1m", "1y", "custom"),
    "setupDate": values.date,
}

ACTIONS: dict[str, Action] = {
    # --- sheet, section 4
    "accounts/listaccounts": Action(listing.list_accounts, values=LIST_FILTERS),
    "accounts/wwwacct": Action(
        accounts.create,
        "domain username password",
        {**DOMAIN, "username": values.account, **NEW_PERSON, **LIMITS},
    ),
    "accounts/changeuserpassword": Action(
        accounts.change_password, "username password", {"password": values.password}
    ),
    "accounts/changedomain": Action(accounts.change_domain, "username domain", DOMAIN),
    "accounts/changeuseremail": Action(accounts.change_email, "username email", FULL_EMAIL),
    "accounts/changequota": Action(accounts.change_quota, "username", LIMITS, also={"package": "packages"}),
    "accounts/suspendaccount": Action(accounts.suspend, "username", USERS),
    "accounts/unsuspendaccount": Action(accounts.unsuspend, "username", USERS),
    "accounts/terminateaccount": Action(accounts.terminate, "username", USERS),
    "accounts/listpackages": Action(packages.list_packages),
    "accounts/createpackage": Action(
        packages.create,
        "package permissions",
        {"package": values.account, "permissions": values.user_permissions, **LIMITS},
    ),
    "accounts/modifypackage": Action(
        packages.modify, "package", {"permissions": values.user_permissions, **LIMITS}
    ),
    "accounts/removepackage": Action(packages.remove, "package", {"package": values.each(values.text)}),
    "accounts/grantSSH": Action(accounts.grant_ssh, "username status", {"status": values.boolean}),
    "accounts/editprivileges": Action(
        accounts.edit_privileges, "username", {"permissions": values.user_permissions}
    ),
    "accounts/listuserpermissions": Action(people.user_permissions),
    "admin/listadminusers": Action(people.list_admins),
    "admin/createadminuser": Action(
        people.create_admin,
        "username password permissions",
        {"username": values.address, "password": values.password, "permissions": values.admin_permissions},
    ),
    "admin/listadminuserpermissions": Action(people.admin_permissions),
    "admin/updateadminpermissions": Action(
        people.update_admin, "username permissions", {"permissions": values.admin_permissions}
    ),
    "base/sso": Action(
        sso.create, "role username", {"role": values.one_of("user", "admin"), "ip": values.ipv4}
    ),
    "toolbox/apicheck": Action(api_check),
    # --- sheet, section 5.1
    "domain/listdomains": Action(domains.list_domains),
    "domain/adddomain": Action(domains.add_domain, "domain path", DOMAIN_PATH),
    "domain/changedomainpath": Action(domains.change_path, "domain path", DOMAIN_PATH),
    "domain/changemodsecurity": Action(
        domains.change_modsecurity, "domain status", {"status": values.on_off}
    ),
    "domain/removedomain": Action(domains.remove_domains, "domain", {"domain": values.each(values.text)}),
    "domain/listsubdomains": Action(domains.list_subdomains),
    "domain/addsubdomain": Action(
        domains.add_subdomain, "domain subdomain path", {**DOMAIN_PATH, "subdomain": values.label}
    ),
    "domain/changesubdomainpath": Action(
        domains.change_subdomain_path, "subdomain path", {"path": values.path}
    ),
    "domain/removesubdomain": Action(
        domains.remove_subdomains, "subdomain", {"subdomain": values.each(values.text)}
    ),
    "domain/listredirects": Action(domains.list_redirects),
    "domain/createredirect": Action(
        domains.create_redirect, "domain destination type", {**DOMAIN, "type": values.one_of("301", "302")}
    ),
    "domain/removeredirect": Action(domains.remove_redirect, "domain"),
    "domain/listdnszone": Action(dns.list_zone, "domain"),
    "domain/adddnsrecord": Action(dns.add_record, "domain name type value", DNS_VALUES),
    "domain/editdnszone": Action(
        dns.edit_zone,
        "domain record",
        {**DOMAIN, "record": values.dns_record, "changes": values.record_changes},
    ),
    # --- sheet, section 5.2
    "email/listemailaccounts": Action(mailboxes.list_accounts),
    "email/createemailaccount": Action(
        mailboxes.create, "email domain password quota", {"email": values.local_part, **DOMAIN, **QUOTA}
    ),
    "email/changeemailquota": Action(mailboxes.change_quota, "email quota", QUOTA),
    "email/emailaccountpassword": Action(
        mailboxes.change_password, "email password", also={"email": "username"}
    ),
    "email/removeemailaccount": Action(mailboxes.remove, "email", {"email": values.each(values.text)}),
    "email/listemailforwarders": Action(forwarding.list_forwarders),
    "email/addemailforwarder": Action(
        forwarding.add_forwarder, "from domain", {**DOMAIN, "to": values.address}, needs=_forwarder_goal
    ),
    "email/removeemailforwarder": Action(forwarding.remove_forwarder, "from domain to"),
    "email/getmailroute": Action(forwarding.get_route, "domain"),
    "email/setmailroute": Action(
        forwarding.set_route,
        "domain exchanger",
        {
            **DOMAIN,
            "exchanger": values.one_of(forwarding.LOCAL, forwarding.REMOTE),
            "mailserver": values.array_of(values.host),
            "priority": values.array_of(values.at_least(0)),
        },
        needs=_remote_exchangers,
    ),
    "email/listemailautoresponders": Action(mailboxes.list_autoresponders),
    "email/addemailautoresponder": Action(mailboxes.add_autoresponder, "email message", FULL_EMAIL),
    "email/editemailautoresponder": Action(mailboxes.edit_autoresponder, "email message", FULL_EMAIL),
    "email/removeemailautoresponder": Action(mailboxes.remove_autoresponder, "email"),
    "email/togglespamassassin": Action(filtering.toggle, "status", {"status": values.on_off}),
    "email/setspamassassinscore": Action(
        filtering.set_score, "score", {"score": values.one_of("1", "3", "5", "8")}
    ),
    "email/listspamassassinsenders": Action(filtering.list_senders, "type", SPAM_LIST),
    "email/addspamassassinsender": Action(
        filtering.add_sender, "type sender", {**SPAM_LIST, "sender": values.sender}
    ),
    "email/removespamassassinsender": Action(
        filtering.remove_senders, "sender", {"sender": values.each(values.text)}
    ),
    "email/getdefaultaddressstatus": Action(forwarding.get_default, "domain"),
    "email/setdefaultaddressstatus": Action(
        forwarding.set_default,
        "domain type",
        {**DOMAIN, "type": values.one_of("discard", "forward"), **FULL_EMAIL},
        needs=_forward_address,
    ),
    "email/listemailfilters": Action(filtering.list_filters),
    "email/addemailfilter": Action(
        filtering.add_filter,
        "domain name rule check value",
        {
            **DOMAIN,
            "name": values.text,
            "rule": values.one_of("from", "subject", "anyheader", "spamscore"),
            "check": values.one_of("contains", "not-contains", "is"),
            "value": values.no_blanks,
        },
    ),
    "email/removeemailfilter": Action(
        filtering.remove_filters, "domain name", {"name": values.each(values.text)}
    ),
    # --- sheet, section 5.3
    "mysql/listmysqldatabases": Action(databases.list_databases),
    "mysql/createmysqldatabase": Action(databases.create_database, "database", {"database": values.name}),
    "mysql/createmysqluser": Action(databases.create_user, "username password", {"username": values.name}),
    "mysql/assignmysqluser": Action(databases.assign, "username database privileges"),
    "mysql/revokeuseraccess": Action(databases.revoke, "database username"),
    "mysql/changeuserpass": Action(databases.change_password, "username password"),
    "mysql/deletemysqldatabase": Action(databases.delete_database, "database"),
    "mysql/deletemysqluser": Action(databases.delete_user, "username"),
    "file/listftpaccounts": Action(files.list_ftp),
    "file/addftpaccount": Action(
        files.add_ftp, "username password", {"username": values.name, "path": values.path}
    ),
    "file/ftpaccountpassword": Action(files.change_ftp_password, "username password"),
    "file/removeftpaccount": Action(files.remove_ftp, "username"),
    "file/listfullbackups": Action(
        files.list_backups,
        values={
            "mode": values.one_of("local", "remote", "custom", "dailycloud"),
            "type": values.one_of("hourly", "daily", "weekly", "monthly"),
        },
    ),
    "file/generatefullbackup": Action(files.generate_backup),
    "tool/listcrons": Action(tools.list_crons),
    "tool/createcron": Action(tools.create_cron, CRON, CRON_VALUES),
    "tool/editcron": Action(
        tools.edit_cron, CRON, {name: values.pair(check) for name, check in CRON_VALUES.items()}
    ),
    "tool/removecron": Action(tools.remove_cron, CRON),
    "tool/generatecsr": Action(
        tools.generate_csr,
        "domain country stateorprovince city organization email",
        {
            **DOMAIN,
            "country": values.matching("[A-Za-z]{2}", "The country must have two letters"),
            **dict.fromkeys(("stateorprovince", "city", "organization"), CSR_TEXT),
            **FULL_EMAIL,
        },
    ),
    "user/listuserpermissions": Action(people.user_permissions),
    "user/listsubusers": Action(people.list_subusers),
    "user/addsubuser": Action(
        people.add_subuser, "username password permissions", {"username": values.account, **NEW_PERSON}
    ),
    "user/editsubuserprivileges": Action(
        people.edit_subuser, "username permissions", {"permissions": values.user_permissions}
    ),
    "user/changesubuserpasswd": Action(people.change_subuser_password, "username password"),
    "user/delsubuser": Action(people.remove_subusers, "username", USERS),
}

GUESSED_NAMES = frozenset({"mysql/listmysqldatabases", "tool/listcrons", "tool/removecron"})
"""Actions that must exist but whose name was found nowhere: [inferred]. A switch takes them away."""


def works_on_account(name: str) -> bool:
    """True for a user function: one that needs ``accountuser``."""
    return name.partition("/")[0] not in ADMIN_CATEGORIES
