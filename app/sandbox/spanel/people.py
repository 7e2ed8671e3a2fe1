"""admin/ and user/: administrators, sub-users and their permissions (SPanel contract sheet, sections 4 and 5.3)."""

from __future__ import annotations

from app.sandbox.spanel.answers import Answer, done, found
from app.sandbox.spanel.call import Call, missing, taken
from app.sandbox.spanel.permissions import ADMIN_PAGES, USER_PAGES, described, granted


def list_admins(call: Call) -> Answer:
    """admin/listadminusers."""
    return found(
        [
            {
                "user": name,
                "permissions": row["permissions"],
                "currentuser": name == call.admin,
                "twofactor": row["twofactor"],
            }
            for name, row in call.table("admins").items()
        ]
    )


def create_admin(call: Call) -> Answer:
    """admin/createadminuser."""
    name = call.text("username")
    taken(name, call.table("admins"), "username")
    call.table("admins")[name] = _person(call)
    return done("Admin user created successfully")


def update_admin(call: Call) -> Answer:
    """admin/updateadminpermissions: the documents give the name only, the rest is [inferred]."""
    name = call.text("username")
    missing(name, call.table("admins"), "username")
    admins = call.table("admins")
    admins[name] = admins[name] | {"permissions": granted(call.params["permissions"])}
    return done("Permissions updated successfully")


def admin_permissions(call: Call) -> Answer:
    """admin/listadminuserpermissions: all pages that an administrator can be given."""
    return found(described("all", ADMIN_PAGES, call.text("labels") == "1"))


def user_permissions(call: Call) -> Answer:
    """accounts/listuserpermissions: all pages; user/listuserpermissions: those of the account."""
    own = call.table("accounts")[call.account]["permissions"] if call.account else "all"
    return found(described(own, USER_PAGES, call.text("labels") == "1"))


def _person(call: Call) -> dict[str, object]:
    permissions = granted(call.params["permissions"])
    return {"password": call.text("password"), "permissions": permissions, "twofactor": False}


def list_subusers(call: Call) -> Answer:
    """user/listsubusers."""
    return found(
        [
            {
                "user": name,
                "permissions": row["permissions"],
                "currentuser": False,
                "twofactor": row["twofactor"],
            }
            for name, row in call.map("subusers").items()
        ]
    )


def add_subuser(call: Call) -> Answer:
    """user/addsubuser: the name gets the account's prefix."""
    people, name = call.map("subusers"), call.prefixed(call.text("username"))
    taken(name, people, "username")
    people[name] = _person(call)
    call.keep("subusers", people)
    return done(f"Subuser {name} created successfully")


def _change_subuser(call: Call, **facts: object) -> None:
    people, name = call.map("subusers"), call.prefixed(call.text("username"))
    missing(name, people, "username")
    people[name] = people[name] | facts
    call.keep("subusers", people)


def edit_subuser(call: Call) -> Answer:
    """user/editsubuserprivileges: the documents give the name only, the rest is [inferred]."""
    _change_subuser(call, permissions=granted(call.params["permissions"]))
    return done("Privileges updated successfully")


def change_subuser_password(call: Call) -> Answer:
    """user/changesubuserpasswd."""
    _change_subuser(call, password=call.text("password"))
    return done("Password updated successfully")


def remove_subusers(call: Call) -> Answer:
    """user/delsubuser: one or several."""
    people, names = call.map("subusers"), [call.prefixed(name) for name in call.texts("username")]
    for name in names:
        missing(name, people, "username")
    call.keep("subusers", {name: row for name, row in people.items() if name not in names})
    return done("Subuser removed successfully")
