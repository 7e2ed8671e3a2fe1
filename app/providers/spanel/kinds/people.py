"""Sub-users of an account, administrators of the panel, and what they may do (SPanel contract sheet, 4 and 5.3)."""

from __future__ import annotations

from app.core.actor import Right
from app.core.resources import Action, Area, Column, Field, ResourceKind, Show
from app.core.text import msg
from app.providers.spanel.kinds.fields import PASSWORD, password_action, privileges
from app.providers.spanel.kinds.hosting import ACCOUNT

_COLUMNS = (
    Column("access", msg("Privileges"), Show.STATE, tones={"all": "warn", "listed": "ok"}),
    Column("pages", msg("Pages"), Show.LIST),
    Column("two_factor", msg("Second factor"), Show.YES_NO),
    Column("ours", msg("Used by this connection"), Show.YES_NO, listed=False),
)

SUBUSERS = ResourceKind(
    name="subusers",
    label=msg("Sub-users"),
    one=msg("Sub-user"),
    area=Area.ACCESS,
    parent=ACCOUNT,
    right=Right.MANAGE_ACCESS,
    icon="users",
    calls=("user/listsubusers",),
    columns=_COLUMNS,
    actions=(
        Action(
            "add",
            msg("Add a sub-user"),
            msg("The sub-user {key} was added."),
            Right.MANAGE_ACCESS,
            "user/addsubuser",
            fields=(
                Field(
                    "name",
                    msg("Name"),
                    required=True,
                    most=30,
                    pattern=r"[A-Za-z0-9]{1,30}",
                    placeholder="anna",
                    help=msg("The panel puts the account's name before it."),
                ),
                PASSWORD,
                *privileges(shown=True),
            ),
        ),
        Action(
            "edit",
            msg("Change privileges"),
            msg("The privileges of {key} were changed."),
            Right.MANAGE_ACCESS,
            "user/editsubuserprivileges",
            fields=privileges(shown=True),
        ),
        password_action("user/changesubuserpasswd", Right.MANAGE_ACCESS),
        Action(
            "remove",
            msg("Remove"),
            msg("The sub-user {key} was removed."),
            Right.MANAGE_ACCESS,
            "user/delsubuser",
            risk=True,
            lost=(msg("The sub-user's password and second factor."),),
        ),
    ),
)

ADMIN_USERS = ResourceKind(
    name="admin_users",
    label=msg("Administrators"),
    one=msg("Administrator"),
    area=Area.ACCESS,
    right=Right.MANAGE_ACCESS,
    icon="user-shield",
    calls=("admin/listadminusers",),
    columns=_COLUMNS,
    actions=(
        Action(
            "add",
            msg("Add an administrator"),
            msg("The administrator {key} was added."),
            Right.MANAGE_ACCESS,
            "admin/createadminuser",
            fields=(
                Field("email", msg("Address"), required=True, shape="email", key=True),
                PASSWORD,
                *privileges(shown=True),
            ),
        ),
        Action(
            "edit",
            msg("Change privileges"),
            msg("The privileges of {key} were changed."),
            Right.MANAGE_ACCESS,
            "admin/updateadminpermissions",
            fields=privileges(shown=True),
            warning=msg(
                "With fewer privileges an administrator's tokens may open less, this connection's too."
            ),
        ),
        Action(
            "sign_in",
            msg("Sign-in link"),
            msg("A link that signs in as {key} was made. It works once and for a short time."),
            Right.MANAGE_ACCESS,
            "base/sso",
            fields=(
                Field(
                    "page",
                    msg("Page"),
                    most=121,
                    pattern=r"[A-Za-z0-9_-]{1,60}/[A-Za-z0-9_-]{1,60}",
                    placeholder="server/status",
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
            warning=msg("Whoever has the link is an administrator of the panel. It is shown once."),
            icon="login",
        ),
    ),
    note=msg("SPanel's API removes no administrators and gives them no other password; its own pages do."),
)

PRIVILEGES = ResourceKind(
    name="privileges",
    label=msg("Privileges"),
    one=msg("Privilege"),
    area=Area.ACCESS,
    right=Right.MANAGE_ACCESS,
    icon="list-check",
    calls=("accounts/listuserpermissions", "admin/listadminuserpermissions"),
    columns=(
        Column("accounts", msg("For accounts and packages"), Show.YES_NO),
        Column("admins", msg("For administrators"), Show.YES_NO),
    ),
    note=msg("The pages that privileges can name, in the panel's own words."),
)
