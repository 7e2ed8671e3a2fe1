"""mysql/: databases and their users (SPanel contract sheet, section 5.3). Names may come with or without prefix."""

from __future__ import annotations

from typing import Any

from app.sandbox.spanel.answers import Answer, Refused, done, found
from app.sandbox.spanel.call import Call, missing, taken


def list_databases(call: Call) -> Answer:
    """mysql/listmysqldatabases: name of the call and keys are [inferred]."""
    return found([{"database": name, "users": list(users)} for name, users in call.map("databases").items()])


def create_database(call: Call) -> Answer:
    """mysql/createmysqldatabase."""
    databases, name = call.map("databases"), call.prefixed(call.text("database"))
    taken(name, databases, "database")
    call.room("databases", len(databases))
    call.keep("databases", databases | {name: {}})
    return done(f"Database {name} created successfully")


def create_user(call: Call) -> Answer:
    """mysql/createmysqluser."""
    users, name = call.map("dbusers"), call.prefixed(call.text("username"))
    taken(name, users, "username")
    row = {"password": call.text("password"), "hostname": call.text("hostname", "localhost")}
    call.keep("dbusers", users | {name: row})
    return done(f"User {name} created successfully")


def _database(call: Call) -> tuple[dict[str, Any], str]:
    databases, name = call.map("databases"), call.prefixed(call.text("database"))
    missing(name, databases, "database")
    return databases, name


def _user(call: Call) -> tuple[dict[str, Any], str]:
    users, name = call.map("dbusers"), call.prefixed(call.text("username"))
    missing(name, users, "username")
    return users, name


def assign(call: Call) -> Answer:
    """mysql/assignmysqluser."""
    databases, name = _database(call)
    _, user = _user(call)
    databases[name] = databases[name] | {user: call.texts("privileges")}
    call.keep("databases", databases)
    return done(f"User {user} assigned to {name}")


def revoke(call: Call) -> Answer:
    """mysql/revokeuseraccess."""
    databases, name = _database(call)
    _, user = _user(call)
    if user not in databases[name]:
        raise Refused(username=f"{user} has no access to {name}")
    databases[name] = {other: rights for other, rights in databases[name].items() if other != user}
    call.keep("databases", databases)
    return done(f"Access of {user} to {name} revoked")


def change_password(call: Call) -> Answer:
    """mysql/changeuserpass."""
    users, name = _user(call)
    users[name] = users[name] | {"password": call.text("password")}
    call.keep("dbusers", users)
    return done("Password updated successfully")


def delete_database(call: Call) -> Answer:
    """mysql/deletemysqldatabase: the documents give the name only, the rest is [inferred]."""
    databases, name = _database(call)
    del databases[name]
    call.keep("databases", databases)
    return done(f"Database {name} deleted successfully")


def delete_user(call: Call) -> Answer:
    """mysql/deletemysqluser: the documents give the name only, the rest is [inferred]."""
    users, name = _user(call)
    del users[name]
    call.keep("dbusers", users)
    databases = call.map("databases").items()
    call.keep("databases", {db: {u: r for u, r in rights.items() if u != name} for db, rights in databases})
    return done(f"User {name} deleted successfully")
