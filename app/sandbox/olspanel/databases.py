"""Databases and their users (OLSPanel contract sheet, 4.5, 5 and 6)."""

from __future__ import annotations

import re

from app.sandbox.olspanel.call import Answer, Answered, Call, Crashed
from app.sandbox.olspanel.usage import target
from app.sandbox.state import State

_IDENTIFIER = re.compile(r"[A-Za-z0-9_]+")
_NAME_LENGTH, _USER_LENGTH = 64, 128
"""MariaDB's limits: what exceeds them is the database error of the documents' lists."""


def insert(state: State, account: str, database: str, size: int = 0) -> None:
    """Add a database; with the first one comes the MySQL user that bears the account's name."""
    state.table("databases")[database] = {"owner": account, "size": size}
    state.table("dbusers").setdefault(account, {"owner": account, "password": ""})


def _refused(error: str) -> Answered:
    return Answered(success=False, error=error)


def make(call: Call) -> Answer:
    """``/api/db_make/``."""
    return _make_live(call) if call.live else _make_seed(call)


def _make_seed(call: Call) -> Answer:
    """As the seed has it: one database user for an account, which an administrator may name ([inferred])."""
    _require(call, "db", "dbuser", "dbpass", "dbpassc")
    name = call.text("username") or call.user["username"]
    account = target(call, {"success": False, "error": f"Username '{name}' does not exist."})
    return _make_for(call, account["username"])


def admin_make(call: Call) -> Answer:
    """``/admin_api/database_add/``."""
    _require(call, "username", "db", "dbuser", "dbpass", "dbpassc")
    if call.account(call.text("username")) is None:
        raise _refused(f"Username '{call.text('username')}' does not exist.")
    return _make_for(call, call.text("username"))


def _require(call: Call, *names: str) -> None:
    if not all(call.text(name) for name in names):
        raise _refused("All fields are required.")


def _make_for(call: Call, account: str) -> Answer:
    _check_user(call, "Database username must be at least 2 characters long.", " long")
    _create_user(call, account, call.text("db"))
    what = "Database and user" if call.live else "Database user"
    return {"success": True, "message": f"{what} created successfully for {account}."}


def _check_user(call: Call, too_short: str, long: str) -> None:
    if len(call.text("dbuser")) < 2:
        raise _refused(too_short)
    if len(call.text("dbpass")) < 8:
        raise _refused(f"Password must be at least 8 characters{long}.")
    if call.text("dbpass") != call.text("dbpassc"):
        raise _refused("Passwords do not match.")


def _create_user(call: Call, account: str, database: str) -> None:
    """Add the MySQL user, and the database unless it is there."""
    user, name = f"{account}_{call.text('dbuser')}", f"{account}_{database}"
    for identifier in (name, user):
        _check_identifier(identifier)
    if user in call.table("dbusers"):
        raise _refused("User already exists.")
    if len(user) > _USER_LENGTH:
        raise _refused(
            f"(1470, \"String '{user}' is too long for user name (should be no longer than 128)\")"
        )
    if len(name) > _NAME_LENGTH:
        raise _refused(_too_long(name))
    call.table("dbusers")[user] = {"owner": account, "password": call.text("dbpass")}
    if name not in call.table("databases"):
        insert(call.state, account, name)


def _check_identifier(identifier: str) -> None:
    if not _IDENTIFIER.fullmatch(identifier):
        raise _refused(f"Invalid characters in database/user identifier: '{identifier}'")


def _too_long(name: str) -> str:
    return f"(1059, \"Identifier name '{name}' is too long\")"


def _make_live(call: Call) -> Answer:
    """As the code has it: reads ``dbname``, and creates the database before it looks at the user fields."""
    database, user_fields = call.text("dbname"), [call.text(name) for name in ("dbuser", "dbpass", "dbpassc")]
    if not database:
        raise _refused("Database name is required.")
    if len(database) < 2:
        raise _refused("Database name must be at least 2 characters.")
    _check_limit(call)
    _create_database(call, f"{call.user['username']}_{database}")
    if any(user_fields):
        if not all(user_fields):
            raise _refused("All database user fields are required.")
        _check_user(call, "DB user name must be at least 2 characters.", "")
        _create_user(call, call.user["username"], database)
    return {"success": True, "message": "Database and user created successfully."}


def _check_limit(call: Call) -> None:
    """Compare the number of MySQL users with the limit of databases. An account without package has no limit."""
    package = call.package(call.user)
    if package is not None and 0 < package["databases"] <= len(_own(call, "dbusers")):
        raise _refused("Database limit exceeded.")


def _create_database(call: Call, name: str) -> None:
    _check_identifier(name)
    if name in call.table("databases"):
        raise _refused(f"Database '{name}' already exists.")
    if len(name) > _NAME_LENGTH:
        raise _refused(f"Error creating database '{name}': {_too_long(name)}")
    insert(call.state, call.user["username"], name)


def _own(call: Call, table: str) -> list[str]:
    return [name for name in call.table(table) if name.startswith(f"{call.user['username']}_")]


def listing(call: Call) -> Answer:
    """``/api/database_list/``: full names."""
    return {"databases": _own(call, "databases")}


def user_listing(call: Call) -> Answer:
    """``/api/database_userlist/``: full names."""
    return {"users": _own(call, "dbusers")}


def user_exists(call: Call) -> Answer:
    """``/api/check_db_user/``: the full name of a MySQL user, of any account."""
    return {"status": call.text("db_user") in call.table("dbusers")}


def database_exists(call: Call) -> Answer:
    """``/api/database_exists/``: asks for a database and looks among the MySQL users."""
    return {"status": call.text("db") in call.table("dbusers")}


def make_user(call: Call) -> Answer:
    """``/api/db_user_make/<db>/``: broken in the real panel, whose view does not take the path's argument.

    How a panel answers that has mended it is [inferred], from what the call was meant to be.
    """
    if call.switches["db_user_make"] == "broken":
        raise Crashed("db_user_make() got an unexpected keyword argument 'db'")
    _require(call, "db", "dbuser", "dbpass", "dbpassc")
    _check_user(call, "DB user name must be at least 2 characters.", "")
    _create_user(call, call.user["username"], call.text("db"))
    return {"success": True, "message": "Database user created successfully."}
