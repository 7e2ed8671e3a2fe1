"""file/: FTP accounts and backups (SPanel contract sheet, section 5.3). The keys of both lists are [inferred]."""

from __future__ import annotations

from datetime import UTC, datetime

from app.sandbox.spanel.answers import Answer, done, found
from app.sandbox.spanel.call import Call, missing, taken
from app.sandbox.spanel.hosting import folder


def list_ftp(call: Call) -> Answer:
    """file/listftpaccounts."""
    return found([{"username": name, "path": row["path"]} for name, row in call.map("ftp").items()])


def add_ftp(call: Call) -> Answer:
    """file/addftpaccount: without ``path`` it sees the whole home folder."""
    ftp, name = call.map("ftp"), call.prefixed(call.text("username"))
    taken(name, ftp, "username")
    row = {"password": call.text("password"), "path": folder(call.account, call.text("path"))}
    call.keep("ftp", ftp | {name: row})
    return done(f"FTP account {name} created successfully")


def change_ftp_password(call: Call) -> Answer:
    """file/ftpaccountpassword."""
    ftp, name = call.map("ftp"), call.prefixed(call.text("username"))
    missing(name, ftp, "username")
    ftp[name] = ftp[name] | {"password": call.text("password")}
    call.keep("ftp", ftp)
    return done("Password updated successfully")


def remove_ftp(call: Call) -> Answer:
    """file/removeftpaccount."""
    ftp, name = call.map("ftp"), call.prefixed(call.text("username"))
    missing(name, ftp, "username")
    del ftp[name]
    call.keep("ftp", ftp)
    return done(f"FTP account {name} removed successfully")


def list_backups(call: Call) -> Answer:
    """file/listfullbackups: custom ones also have a description and a size."""
    mode, kind = call.text("mode", "custom"), call.text("type")
    rows = [row for row in call.rows("backups") if row["mode"] == mode and kind in ("", row["type"])]
    hidden = () if mode == "custom" else ("description", "size")
    return found([{key: value for key, value in row.items() if key not in hidden} for row in rows])


def generate_backup(call: Call) -> Answer:
    """file/generatefullbackup: the documents give the name only, the rest is [inferred]."""
    now = datetime.now(UTC)
    row = {
        "backup": f"backup-{call.account}-{now:%Y%m%d%H%M%S}.tar.gz",
        "date": f"{now:%d.%m.%Y}",
        "mode": "custom",
        "type": "",
        "description": call.text("description"),
        "size": f"{call.table('accounts')[call.account]['disk']} MB",
    }
    call.keep("backups", [*call.rows("backups"), row])
    return done("Backup generation started")
