"""Databases, FTP, backups and cron jobs of an account (SPanel contract sheet, 5.3)."""

from __future__ import annotations

from app.core.actor import Right
from app.core.model import FieldKind
from app.core.resources import Action, Area, Column, Field, ResourceKind, Show
from app.core.text import msg
from app.providers.spanel.kinds.fields import PASSWORD, password_action

ACCOUNT = "accounts"
_NAME = r"[A-Za-z0-9_]{1,64}"
_PREFIX = msg("The panel puts the account's name before it.")
_HOST = Field(
    "hostname",
    msg("Signs in from"),
    most=255,
    placeholder="localhost",
    shown=False,
    help=msg("Empty: from the server itself."),
)
_FULL = r"[A-Za-z0-9_]{1,129}"

DATABASES = ResourceKind(
    name="databases",
    label=msg("Databases"),
    one=msg("Database"),
    area=Area.HOSTING,
    parent=ACCOUNT,
    right=Right.VIEW_DOMAINS,
    icon="database",
    calls=("mysql/listmysqldatabases",),
    columns=(Column("users", msg("Users"), Show.LIST),),
    actions=(
        Action(
            "add",
            msg("Add a database"),
            msg("The database {key} was added."),
            Right.CHANGE_DOMAINS,
            "mysql/createmysqldatabase",
            fields=(
                Field(
                    "name",
                    msg("Name"),
                    required=True,
                    most=64,
                    pattern=_NAME,
                    placeholder="shop",
                    help=_PREFIX,
                ),
            ),
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The database {key} was removed."),
            Right.REMOVE_DOMAINS,
            "mysql/deletemysqldatabase",
            risk=True,
            lost=(msg("All data in the database, and which users had access."),),
        ),
    ),
    note=msg(
        "The name of the call that lists databases is not documented; a panel that does not know it says so."
    ),
)

DATABASE_ACCESS = ResourceKind(
    name="database_access",
    label=msg("Access to databases"),
    one=msg("Access"),
    area=Area.HOSTING,
    parent=ACCOUNT,
    right=Right.VIEW_DOMAINS,
    icon="plug",
    calls=("mysql/listmysqldatabases",),
    columns=(Column("database", msg("Database")), Column("username", msg("Database user"))),
    actions=(
        Action(
            "add",
            msg("Give a user access"),
            msg("Access was given: {key}."),
            Right.CHANGE_DOMAINS,
            "mysql/assignmysqluser",
            fields=(
                Field(
                    "database", msg("Database"), required=True, most=129, pattern=_FULL, placeholder="shop"
                ),
                Field(
                    "username",
                    msg("Database user"),
                    required=True,
                    most=129,
                    pattern=_FULL,
                    placeholder="shop",
                ),
                _HOST,
            ),
            warning=msg("The user gets all rights on the database."),
        ),
        Action(
            "remove",
            msg("Take access away"),
            msg("Access was taken away: {key}."),
            Right.CHANGE_DOMAINS,
            "mysql/revokeuseraccess",
            risk=True,
            lost=(msg("Which rights the user had on the database: no call tells that."),),
        ),
    ),
)

DATABASE_USERS = ResourceKind(
    name="database_users",
    label=msg("Database users"),
    one=msg("Database user"),
    area=Area.HOSTING,
    parent=ACCOUNT,
    right=Right.VIEW_DOMAINS,
    icon="user-cog",
    calls=(),
    listable=False,
    columns=(),
    actions=(
        Action(
            "add",
            msg("Add a database user"),
            msg("The database user {key} was added."),
            Right.CHANGE_DOMAINS,
            "mysql/createmysqluser",
            fields=(
                Field(
                    "name",
                    msg("Name"),
                    required=True,
                    most=64,
                    pattern=_NAME,
                    placeholder="shop",
                    help=_PREFIX,
                ),
                PASSWORD,
                _HOST,
            ),
        ),
        password_action("mysql/changeuserpass", Right.CHANGE_DOMAINS, _HOST),
        Action(
            "remove",
            msg("Remove"),
            msg("The database user {key} was removed."),
            Right.CHANGE_DOMAINS,
            "mysql/deletemysqluser",
            risk=True,
            lost=(msg("The user's password, and the access to databases."),),
        ),
    ),
    note=msg(
        "No call of SPanel lists database users. Those who have access to some database are seen under “Access to databases”."
    ),
)

FTP_ACCOUNTS = ResourceKind(
    name="ftp_accounts",
    label=msg("FTP accounts"),
    one=msg("FTP account"),
    area=Area.HOSTING,
    parent=ACCOUNT,
    right=Right.VIEW_DOMAINS,
    icon="folder-symlink",
    calls=("file/listftpaccounts",),
    columns=(Column("folder", msg("Folder"), Show.CODE),),
    actions=(
        Action(
            "add",
            msg("Add an FTP account"),
            msg("The FTP account {key} was added."),
            Right.CHANGE_DOMAINS,
            "file/addftpaccount",
            fields=(
                Field(
                    "name",
                    msg("Name"),
                    required=True,
                    most=64,
                    pattern=_NAME,
                    placeholder="web",
                    help=_PREFIX,
                ),
                PASSWORD,
                Field(
                    "folder",
                    msg("Folder"),
                    most=1000,
                    pattern=r"(?!.*\.\.)[^\x00-\x1f]+",
                    placeholder="public_html",
                    help=msg("Below the account's home folder; empty: the whole of it."),
                ),
            ),
        ),
        password_action("file/ftpaccountpassword", Right.CHANGE_DOMAINS),
        Action(
            "remove",
            msg("Remove"),
            msg("The FTP account {key} was removed."),
            Right.CHANGE_DOMAINS,
            "file/removeftpaccount",
            risk=True,
            lost=(msg("The password of the FTP account. Its files stay."),),
        ),
    ),
)

BACKUPS = ResourceKind(
    name="backups",
    label=msg("Backups"),
    one=msg("Backup"),
    area=Area.HOSTING,
    parent=ACCOUNT,
    right=Right.VIEW_DOMAINS,
    icon="archive",
    calls=("file/listfullbackups",),
    filters=(
        Field(
            "mode",
            msg("Where"),
            FieldKind.CHOICE,
            answered=True,
            choices=(
                ("local", msg("on the server")),
                ("remote", msg("elsewhere")),
                ("custom", msg("made by hand")),
                ("dailycloud", msg("daily in the cloud")),
            ),
        ),
        Field(
            "type",
            msg("How often"),
            FieldKind.CHOICE,
            answered=True,
            choices=(
                ("hourly", msg("hourly")),
                ("daily", msg("daily")),
                ("weekly", msg("weekly")),
                ("monthly", msg("monthly")),
            ),
        ),
    ),
    columns=(
        Column("date", msg("Date")),
        Column("mode", msg("Where")),
        Column("type", msg("How often")),
        Column("size", msg("Size")),
        Column("description", msg("Description")),
    ),
    actions=(
        Action(
            "add",
            msg("Make a backup"),
            msg("The panel makes a backup; it is listed when it is ready."),
            Right.CHANGE_DOMAINS,
            "file/generatefullbackup",
        ),
    ),
    note=msg(
        "SPanel's API lists and makes backups; restoring and downloading is done in SPanel's own pages."
    ),
)

_CRON_FIELD = r"[0-9A-Za-z*/,-]{1,100}"


def _moment(name: str, label: str, help_: str) -> Field:
    return Field(
        name,
        msg(label),
        required=True,
        default="*",
        most=100,
        pattern=_CRON_FIELD,
        placeholder="*/15",
        help=msg(help_),
    )


_CRON = (
    _moment("minute", "Minute", "0 to 59; * is every one, */15 every fifteenth."),
    _moment("hour", "Hour", "0 to 23."),
    _moment("day", "Day of the month", "1 to 31."),
    _moment("month", "Month", "1 to 12."),
    Field(
        "weekday",
        msg("Day of the week"),
        required=True,
        default="*",
        most=100,
        pattern=r"(?:\*|[1-7](?:-[1-7])?)(?:/[0-9]+)?(?:,[1-7](?:-[1-7])?)*",
        placeholder="1-5",
        help=msg("1 to 7; Monday is 1."),
    ),
    Field("command", msg("Command"), required=True, most=1000, pattern=r"[^\x00-\x1f]+"),
)

CRON_JOBS = ResourceKind(
    name="cron_jobs",
    label=msg("Cron jobs"),
    one=msg("Cron job"),
    area=Area.HOSTING,
    parent=ACCOUNT,
    right=Right.VIEW_DOMAINS,
    icon="clock",
    calls=("tool/listcrons",),
    columns=(
        Column("when", msg("When"), Show.CODE),
        Column("words", msg("In words")),
        Column("command", msg("Command"), Show.CODE),
    ),
    actions=(
        Action(
            "add",
            msg("Add a cron job"),
            msg("The cron job {key} was added."),
            Right.CHANGE_DOMAINS,
            "tool/createcron",
            fields=_CRON,
        ),
        Action(
            "edit",
            msg("Change the cron job"),
            msg("The cron job {key} was changed."),
            Right.CHANGE_DOMAINS,
            "tool/editcron",
            fields=_CRON,
        ),
        Action(
            "remove",
            msg("Remove"),
            msg("The cron job {key} was removed."),
            Right.CHANGE_DOMAINS,
            "tool/removecron",
            risk=True,
        ),
    ),
    note=msg(
        "The names of the calls that list and remove cron jobs are not documented; a panel may not know them."
    ),
)
