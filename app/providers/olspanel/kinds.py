"""What OLSPanel keeps beside domains, as data (OLSPanel contract sheet, 4, 5 and 6)."""

from __future__ import annotations

from dataclasses import replace

from app.core.actor import Right
from app.core.cron import FIELDS
from app.core.model import FieldKind
from app.core.resources import DOMAIN, Action, Area, Column, Field, ResourceKind, Show
from app.core.text import msg

MB = msg("MB")

_USED = (
    Column("disk", msg("Disk"), Show.BAR),
    Column("mail_space", msg("Mail space"), Show.BAR),
    Column("database_space", msg("Database space"), Show.BAR),
    Column("domains", msg("Domains"), Show.BAR),
    Column("mailboxes", msg("Mailboxes"), Show.BAR),
    Column("databases", msg("Databases"), Show.BAR, help=msg("Some panels count database users here.")),
    Column("ftp_accounts", msg("FTP accounts"), Show.BAR),
)
_FACTS = (
    Column("package", msg("Package")),
    Column("main_domain", msg("Main domain")),
    Column("full_name", msg("Name")),
    Column("email", msg("E-mail address")),
    Column("server_ip", msg("Server address"), Show.CODE),
    Column("user_id", msg("Number"), Show.NUMBER),
)

USAGE = ResourceKind(
    "account_usage",
    msg("Usage and limits"),
    msg("Account"),
    Area.HOSTING,
    calls=("account_information",),
    columns=(*_USED, *_FACTS),
    single=True,
    icon="chart-bar",
    actions=(
        Action(
            "fix_permissions",
            msg("Repair permissions"),
            msg("Owner and permissions below {key} the folder are set again."),
            Right.CHANGE_DOMAINS,
            "fix_user_permission",
            fields=(
                Field(
                    "full_path",
                    msg("Folder"),
                    required=True,
                    pattern=r"/home/(?!.*(^|/)\.\.(/|$)).+",
                    placeholder="/home/exampleuser/public_html",
                    help=msg("It begins with /home/."),
                ),
            ),
            icon="folder",
            lost=(msg("Owners and permissions as they were: nothing tells them."),),
        ),
    ),
)

CERTIFICATES = ResourceKind(
    "certificates",
    msg("Certificates"),
    msg("Certificate"),
    Area.HOSTING,
    calls=(),
    columns=(),
    parent=DOMAIN,
    single=True,
    listable=False,
    icon="certificate",
    note=msg("A certificate can be issued; no call tells which one a domain has, or until when."),
    actions=(
        Action(
            "issue",
            msg("Issue a certificate"),
            msg("A certificate is issued."),
            Right.CHANGE_DOMAINS,
            "domain_issue_ssl",
            warning=msg(
                "The name must lead to this panel already. If issuing fails, the domain may be left with a self-signed "
                "certificate. It takes up to two minutes."
            ),
            icon="certificate",
            lost=(msg("The certificate that it had."),),
        ),
    ),
)

_DATABASE_FIELDS = (
    Field(
        "db",
        msg("Database"),
        required=True,
        key=True,
        least=2,
        most=48,
        pattern=r"[A-Za-z0-9_]+",
        help=msg("The panel puts the account's name and “_” before it."),
        placeholder="shop",
        shown=False,
    ),
    Field(
        "dbuser",
        msg("Database user"),
        required=True,
        least=2,
        most=48,
        pattern=r"[A-Za-z0-9_]+",
        help=msg("Gets the account's name before it too."),
        placeholder="shop",
        shown=False,
    ),
    Field("dbpass", msg("Password of the user"), FieldKind.SECRET, required=True, least=8, most=100),
)

DATABASES = ResourceKind(
    "databases",
    msg("Databases"),
    msg("Database"),
    Area.HOSTING,
    calls=("database_list", "database_exists"),
    columns=(
        Column("name", msg("Database"), Show.CODE),
        Column(
            "same_name",
            msg("A user has the same name"),
            Show.YES_NO,
            listed=False,
            help=msg("From the panel's call “database_exists”, which looks among the users."),
        ),
    ),
    note=msg("Databases can be added with a user; no call removes one. Newer panels list them."),
    icon="database",
    actions=(
        Action(
            "add",
            msg("Add a database with its user"),
            msg("The database {key} and its user are there."),
            Right.CHANGE_DOMAINS,
            "db_make",
            fields=_DATABASE_FIELDS,
            warning=msg(
                "The panel makes the database before it looks at the user: if it refuses the user, the database may be there "
                "all the same."
            ),
        ),
    ),
)

DATABASE_USERS = ResourceKind(
    "database_users",
    msg("Database users"),
    msg("Database user"),
    Area.HOSTING,
    calls=("database_userlist", "check_db_user"),
    columns=(Column("name", msg("User"), Show.CODE),),
    note=msg("A user is best added with its database; no call removes one. Newer panels list them."),
    icon="user",
    actions=(
        Action(
            "add",
            msg("Add a user to a database"),
            msg("The database user {key} is there."),
            Right.CHANGE_DOMAINS,
            "db_user_make",
            fields=(
                replace(
                    _DATABASE_FIELDS[0],
                    key=False,
                    help=msg("One that is there, with or without the account's name."),
                ),
                replace(_DATABASE_FIELDS[1], key=True),
                _DATABASE_FIELDS[2],
            ),
            warning=msg(
                "The panels known so far answer this call with an error page and do nothing: Gatehouse then looks whether "
                "the user is there, and says so."
            ),
        ),
    ),
)

_EXAMPLES = {"minute": "*/15", "hour": "2", "day": "*", "month": "*", "weekday": "mon-fri"}
_LABELS = {
    "minute": msg("Minute"),
    "hour": msg("Hour"),
    "day": msg("Day of the month"),
    "month": msg("Month"),
    "weekday": msg("Weekday"),
}

CRON_JOBS = ResourceKind(
    "cron_jobs",
    msg("Cron jobs"),
    msg("Cron job"),
    Area.HOSTING,
    calls=("cronjob_list",),
    columns=(
        Column("when", msg("When")),
        Column(
            "next_runs",
            msg("Next runs"),
            Show.LIST,
            help=msg("In UTC; the panel's clock may have another zone."),
        ),
        Column("line_number", msg("Line"), Show.NUMBER),
    ),
    listable=False,
    icon="clock",
    note=msg(
        "No call lists cron jobs. One can be added; on newer panels one whose whole line is known can be looked up and removed."
    ),
    actions=(
        Action(
            "add",
            msg("Add a cron job"),
            msg("The cron job is added: {key}"),
            Right.CHANGE_DOMAINS,
            "cronjob_add",
            fields=(
                *(
                    Field(
                        name, _LABELS[name], required=True, default="*", most=100, placeholder=_EXAMPLES[name]
                    )
                    for name in FIELDS
                ),
                Field(
                    "comm",
                    msg("Command"),
                    required=True,
                    most=500,
                    placeholder="/usr/bin/php /home/exampleuser/public_html/cron.php",
                ),
            ),
            previews=True,
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The cron job is removed: {key}"),
            Right.CHANGE_DOMAINS,
            "cronjob_delete",
            risk=True,
        ),
    ),
)

_PHP = Field(
    "php_version",
    msg("PHP version"),
    required=True,
    default="8.2",
    pattern=r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}",
    placeholder="8.2",
    help=msg("The panel does not check it: name a version that is installed there."),
    shown=False,
)
_PACKAGE = Field(
    "pkg_id", msg("Package"), FieldKind.NUMBER, least=1, help=msg("Its number; see “Packages”."), shown=False
)

ACCOUNTS = ResourceKind(
    "accounts",
    msg("Accounts"),
    msg("Account"),
    Area.HOSTING,
    calls=("admin_account_information",),
    columns=(
        *_USED,
        *_FACTS,
        Column("bandwidth", msg("Traffic"), Show.BAR),
    ),
    listable=False,
    icon="users",
    note=msg(
        "No call lists the panel's accounts: one is opened by its name. Whether it is suspended, no call tells."
    ),
    actions=(
        Action(
            "add",
            msg("Add an account"),
            msg("The account {key} is added."),
            Right.CHANGE_DOMAINS,
            "admin_add_user",
            fields=(
                Field(
                    "username",
                    msg("User name"),
                    required=True,
                    key=True,
                    pattern=r"[a-z][a-z0-9_]{1,31}",
                    placeholder="exampleuser",
                    shown=False,
                ),
                Field("first_name", msg("First name"), required=True, most=100, shown=False),
                Field("last_name", msg("Last name"), required=True, most=100, shown=False),
                Field("email", msg("E-mail address"), required=True, shape="email"),
                Field("password", msg("Password"), FieldKind.SECRET, required=True, least=8, most=100),
                Field(
                    "pkg_id",
                    msg("Package"),
                    FieldKind.NUMBER,
                    required=True,
                    least=1,
                    help=msg("Its number; see “Packages”."),
                    shown=False,
                ),
                Field("domain", msg("First domain"), required=True, shape="domain", shown=False),
                _PHP,
            ),
            warning=msg("If the panel refuses the domain, the account may be there all the same."),
        ),
        Action(
            "edit",
            msg("Edit"),
            msg("The account {key} is changed."),
            Right.CHANGE_DOMAINS,
            "admin_update_user",
            fields=(
                Field("first_name", msg("First name"), most=100, shown=False),
                Field("last_name", msg("Last name"), most=100, shown=False),
                Field("email", msg("E-mail address"), shape="email"),
                Field("password", msg("Password"), FieldKind.SECRET, least=8, most=100),
                _PACKAGE,
            ),
        ),
        Action(
            "suspend",
            msg("Suspend"),
            msg("The account {key} is suspended."),
            Right.CHANGE_DOMAINS,
            "admin_suspend_user",
            risk=True,
            warning=msg("Its web sites, mailboxes and sign-in stop working."),
            undo="unsuspend",
            icon="player-pause",
        ),
        Action(
            "unsuspend",
            msg("Unsuspend"),
            msg("The account {key} works again."),
            Right.CHANGE_DOMAINS,
            "admin_suspend_user",
            undo="suspend",
            icon="player-play",
        ),
        Action(
            "add_domain",
            msg("Add a domain to it"),
            msg("The domain is added to {key}."),
            Right.CHANGE_DOMAINS,
            "admin_add_domain",
            fields=(
                Field("domain", msg("Domain or subdomain"), required=True, shape="domain", shown=False),
                _PHP,
                Field(
                    "path",
                    msg("Folder"),
                    default="public_html",
                    pattern=r"(?!.*(^|/)\.\.(/|$))[^\s].*",
                    help=msg("Below the account's home folder."),
                    shown=False,
                ),
            ),
            icon="world",
        ),
        Action(
            "issue_ssl",
            msg("Issue a certificate"),
            msg("A certificate is issued for a domain of {key}."),
            Right.CHANGE_DOMAINS,
            "admin_issue_ssl",
            fields=(Field("domain", msg("Domain"), required=True, shape="domain", shown=False),),
            warning=msg("If issuing fails, the domain may be left with a self-signed certificate."),
            icon="certificate",
        ),
        Action(
            "add_database",
            msg("Add a database to it"),
            msg("The database and its user are added to {key}."),
            Right.CHANGE_DOMAINS,
            "admin_database_add",
            fields=_DATABASE_FIELDS,
            icon="database",
        ),
        Action(
            "sign_in",
            msg("Make a sign-in link"),
            msg("A link is made that signs in as {key}, once, within 30 minutes."),
            Right.READ_MAIL,
            "admin_sso_login",
            secret=True,
            warning=msg(
                "Whoever has the link is signed in as this account; it holds the account's password in a readable form. An "
                "earlier link stops working."
            ),
            icon="login",
        ),
        Action(
            "remove",
            msg("Delete"),
            msg("The account {key} is deleted."),
            Right.REMOVE_DOMAINS,
            "admin_suspend_user",
            risk=True,
            warning=msg("The panel deletes only an account that is suspended."),
            lost=(msg("All that belongs to it: domains, web sites, mailboxes with their mail, databases."),),
        ),
    ),
)


def _limit(name: str, label: str, *, megabytes: bool = False) -> Field:
    return Field(
        name,
        msg(label),
        FieldKind.NUMBER,
        least=0,
        default="0",
        help=msg("0: no limit"),
        unit=MB if megabytes else None,
        shown=False,
    )


PACKAGES = ResourceKind(
    "packages",
    msg("Packages"),
    msg("Package"),
    Area.HOSTING,
    calls=("admin_packages_list",),
    columns=(
        Column("name", msg("Package")),
        Column("id", msg("Number"), Show.NUMBER),
        Column("disk_space", msg("Disk space (MB)"), Show.NUMBER, help=msg("0: no limit")),
    ),
    note=msg("Packages can be listed and added; no call shows their other limits, changes or removes one."),
    icon="tag",
    actions=(
        Action(
            "add",
            msg("Add a package"),
            msg("The package is added."),
            Right.CHANGE_DOMAINS,
            "admin_new_package",
            fields=(
                Field("name", msg("Name"), required=True, most=100),
                Field(
                    "disk_space",
                    msg("Disk space"),
                    FieldKind.NUMBER,
                    least=0,
                    default="0",
                    unit=MB,
                    help=msg("0: no limit"),
                ),
                _limit("bandwidth", "Traffic in a month", megabytes=True),
                _limit("email_accounts", "Mailboxes"),
                _limit("databases", "Databases"),
                _limit("ftp_accounts", "FTP accounts"),
                _limit("allowed_domains", "Domains"),
                _limit("allowed_subdomains", "Subdomains"),
                Field("limit_action", msg("Suspend accounts that go beyond"), FieldKind.SWITCH, shown=False),
            ),
        ),
    ),
)

KINDS = (USAGE, CERTIFICATES, DATABASES, DATABASE_USERS, CRON_JOBS, ACCOUNTS, PACKAGES)

DOCUMENTED = (
    *("account_information", "domain_list", "add_domain"),
    *("domain_issue_ssl", "db_make", "cronjob_add"),
)
"""Section 4: the calls of the user API that every panel has; all others of it only newer ones have (5)."""
