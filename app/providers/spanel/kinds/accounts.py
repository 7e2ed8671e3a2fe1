"""Accounts and the packages that they are made from (SPanel contract sheet, 4)."""

from __future__ import annotations

from dataclasses import replace

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import Action, Area, Column, Field, ResourceKind, Show
from app.core.text import msg
from app.providers.spanel.kinds.fields import PASSWORD, limits, password_action, privileges

_NAME = r"[A-Za-z0-9]{1,30}"
_PACKAGE = Field("package", msg("Package"), most=30, help=msg("By its name; empty: the limits below."))
_ASKED = (
    Field(
        "status",
        msg("State"),
        FieldKind.CHOICE,
        choices=(
            ("active", msg("active")),
            ("suspended", msg("suspended")),
            ("scheduled", msg("to be removed")),
        ),
    ),
    Field("package", msg("Package"), most=30),
    Field(
        "disk",
        msg("Disk space"),
        FieldKind.CHOICE,
        choices=(("over", msg("over")), ("under", msg("under")), ("exactly", msg("exactly"))),
    ),
    Field("disk_value", msg("Number"), FieldKind.NUMBER, least=0),
    Field(
        "disk_unit",
        msg("Unit"),
        FieldKind.CHOICE,
        choices=(("MB", msg("MB")), ("GB", msg("GB")), ("%", msg("% of its limit"))),
    ),
    Field(
        "setup",
        msg("Set up"),
        FieldKind.CHOICE,
        choices=(("older", msg("before")), ("newer", msg("after")), ("created", msg("on the day"))),
    ),
    Field(
        "setup_age",
        msg("How long ago"),
        FieldKind.CHOICE,
        choices=(("1w", msg("a week")), ("1m", msg("a month")), ("1y", msg("a year"))),
    ),
    Field("setup_day", msg("or the day"), placeholder="31.12.2025", pattern=r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}"),
)
_LIST_FILTERS = tuple(replace(field, answered=True) for field in _ASKED)
_SIGN_IN = Action(
    "sign_in",
    msg("Sign-in link"),
    msg("A link that signs in as {key} was made. It works once and for a short time."),
    Right.READ_MAIL,
    "base/sso",
    fields=(
        Field(
            "page",
            msg("Page"),
            most=121,
            pattern=r"[A-Za-z0-9_-]{1,60}/[A-Za-z0-9_-]{1,60}",
            placeholder="email/accounts",
            help=msg("Where it leads, as category/page; empty: the first page."),
        ),
        Field(
            "ip",
            msg("Only from"),
            most=15,
            pattern=r"[0-9]{1,3}(\.[0-9]{1,3}){3}",
            placeholder="192.0.2.10",
            help=msg("The IPv4 address from which alone the link works; empty: from everywhere."),
        ),
    ),
    secret=True,
    warning=msg(
        "Whoever has the link is signed in as this account, and reads its mail. It is shown once. The admin token must be "
        "one with its SSO option on."
    ),
    icon="login",
)

ACCOUNTS = ResourceKind(
    name="accounts",
    label=msg("Accounts"),
    one=msg("Account"),
    area=Area.HOSTING,
    right=Right.VIEW_DOMAINS,
    icon="server",
    search=False,
    # A client token may not ask for the list; its one account is then told by the first call alone.
    calls=("domain/listdomains", "accounts/listaccounts", "user/listuserpermissions"),
    filters=_LIST_FILTERS,
    columns=(
        Column("domain", msg("Main domain")),
        Column(
            "state", msg("State"), Show.STATE, tones={"active": "ok", "suspended": "warn", "unknown": "muted"}
        ),
        Column("package", msg("Package")),
        Column("disk", msg("Disk space"), Show.BAR),
        Column("mailboxes", msg("Mailboxes"), Show.BAR),
        Column("added_domains", msg("Added domains"), Show.BAR),
        Column("databases_used", msg("Databases"), Show.BAR, listed=False),
        Column("inodes_used", msg("Files (inodes)"), Show.BAR, listed=False),
        Column("subdomains", msg("Subdomains"), Show.NUMBER, listed=False),
        Column("ftp_accounts", msg("FTP accounts"), Show.NUMBER, listed=False),
        Column("setup", msg("Set up"), Show.DATE),
        Column("ip", msg("Address"), Show.CODE, listed=False),
        Column("homedir", msg("Home folders in"), Show.CODE, listed=False),
        Column("sites", msg("Its domains"), Show.LIST, listed=False),
        Column(
            "access",
            msg("Privileges"),
            Show.STATE,
            listed=False,
            tones={"all": "ok", "listed": "muted"},
        ),
        Column("pages", msg("Pages it may use"), Show.LIST, listed=False),
    ),
    actions=(
        Action(
            "add",
            msg("Add an account"),
            msg("The account {key} was added."),
            Right.CHANGE_DOMAINS,
            "accounts/wwwacct",
            fields=(
                Field(
                    "user",
                    msg("User name"),
                    required=True,
                    most=30,
                    pattern=_NAME,
                    placeholder="example",
                    key=True,
                ),
                Field("domain", msg("Main domain"), required=True, shape="domain"),
                PASSWORD,
                _PACKAGE,
                *limits(empties=False),
                *privileges(shown=True, default="all"),
            ),
        ),
        Action(
            "edit",
            msg("Change its limits"),
            msg("The limits of {key} were changed."),
            Right.CHANGE_DOMAINS,
            "accounts/changequota",
            fields=limits(),
            warning=msg("An account with limits of its own belongs to no package any more."),
        ),
        Action(
            "set_package",
            msg("Give it a package"),
            msg("{key} has the package's limits now."),
            Right.CHANGE_DOMAINS,
            "accounts/changequota",
            fields=(Field("package", msg("Package"), required=True, most=30),),
            many=True,
            sets=True,
            undo="set_package",
            icon="package",
        ),
        Action(
            "privileges",
            msg("Set privileges"),
            msg("The privileges of {key} were set."),
            Right.MANAGE_ACCESS,
            "accounts/editprivileges",
            fields=privileges(shown=True),
            sets=True,
            undo="privileges",
            warning=msg(
                "SPanel takes no pages at all for every page there is: with “only the pages listed below”, list one at least."
            ),
            icon="lock",
        ),
        Action(
            "suspend",
            msg("Suspend"),
            msg("{key} is suspended."),
            Right.CHANGE_DOMAINS,
            "accounts/suspendaccount",
            fields=(
                Field(
                    "reason",
                    msg("Reason"),
                    most=500,
                    shown=False,
                    help=msg("For the panel; no call tells it again."),
                ),
            ),
            many=True,
            wants={"state": "active"},
            effect={"state": "suspended"},
            undo="unsuspend",
            warning=msg("The web sites of a suspended account are not shown, and its people cannot sign in."),
            icon="player-pause",
        ),
        Action(
            "unsuspend",
            msg("End the suspension"),
            msg("{key} is active again."),
            Right.CHANGE_DOMAINS,
            "accounts/unsuspendaccount",
            many=True,
            wants={"state": "suspended"},
            effect={"state": "active"},
            undo="suspend",
            lost=(msg("Why it was suspended: no call tells that."),),
            icon="player-play",
        ),
        Action(
            "change_domain",
            msg("Change the main domain"),
            msg("{key} has another main domain."),
            Right.CHANGE_DOMAINS,
            "accounts/changedomain",
            fields=(Field("domain", msg("Main domain"), required=True, shape="domain"),),
            sets=True,
            undo="change_domain",
            warning=msg("The former main domain leaves the account, with its DNS zone and its mail route."),
            lost=(msg("DNS zone, mail route and default address of the former main domain."),),
            icon="world",
        ),
        Action(
            "contact",
            msg("Change the contact address"),
            msg("{key} has another contact address."),
            Right.CHANGE_DOMAINS,
            "accounts/changeuseremail",
            fields=(Field("email", msg("Address"), required=True, shape="email", shown=False),),
            lost=(msg("The former address: no call tells it."),),
            icon="mail",
        ),
        password_action("accounts/changeuserpassword", Right.MANAGE_ACCESS),
        Action(
            "ssh",
            msg("Shell access"),
            msg("Shell access of {key} was set."),
            Right.MANAGE_ACCESS,
            "accounts/grantSSH",
            fields=(
                Field(
                    "status",
                    msg("Shell access (SSH)"),
                    FieldKind.CHOICE,
                    required=True,
                    choices=(("on", msg("allowed")), ("off", msg("not allowed"))),
                    shown=False,
                ),
            ),
            lost=(msg("Whether it was allowed before: no call tells that."),),
            icon="terminal-2",
        ),
        _SIGN_IN,
        Action(
            "remove",
            msg("Terminate"),
            msg("The account {key} was terminated."),
            Right.REMOVE_DOMAINS,
            "accounts/terminateaccount",
            risk=True,
            warning=msg(
                "SPanel removes the account at once, with its domains, mail, databases and files. Nothing brings it back."
            ),
            lost=(
                msg(
                    "Everything of the account: its domains, mailboxes with their mail, databases and files."
                ),
                msg("Passwords, and the client tokens of the account."),
            ),
        ),
    ),
    note=msg("Used space, counts and limits are the panel's; with a client token only the domains are told."),
    covered=("quota", "inodes", "domains", "emails", "databases"),
)

PACKAGES = ResourceKind(
    name="packages",
    label=msg("Packages"),
    one=msg("Package"),
    area=Area.HOSTING,
    right=Right.VIEW_DOMAINS,
    icon="package",
    calls=("accounts/listpackages",),
    columns=(
        Column("quota", msg("Disk space (MB)")),
        Column("inodes", msg("Files (inodes)")),
        Column("domains", msg("Added domains")),
        Column("emails", msg("Mailboxes")),
        Column("databases", msg("Databases")),
    ),
    actions=(
        Action(
            "add",
            msg("Add a package"),
            msg("The package {key} was added."),
            Right.CHANGE_DOMAINS,
            "accounts/createpackage",
            fields=(
                Field(
                    "name", msg("Name"), required=True, most=30, pattern=_NAME, placeholder="basic", key=True
                ),
                *limits(empties=False),
                *privileges(shown=False, default="all"),
            ),
        ),
        Action(
            "edit",
            msg("Change the package"),
            msg("The package {key} was changed."),
            Right.CHANGE_DOMAINS,
            "accounts/modifypackage",
            fields=(*limits(), *privileges(shown=False)),
            warning=msg(
                "The accounts of the package get the new limits. No call tells which privileges it has: say them again, for "
                "the panel takes silence for all of them."
            ),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The package {key} was removed."),
            Right.CHANGE_DOMAINS,
            "accounts/removepackage",
            risk=True,
            warning=msg("Its accounts keep the limits that they have."),
            lost=(msg("Which privileges it gave, and which accounts belonged to it."),),
        ),
    ),
    note=msg("An empty limit is unlimited. Which privileges a package gives is told by no call."),
)
