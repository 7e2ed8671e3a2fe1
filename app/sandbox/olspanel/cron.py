"""Cron jobs: one text file for each account (OLSPanel contract sheet, 4.6 and 5)."""

from __future__ import annotations

import re

from app.sandbox.olspanel.call import Answer, Answered, Call, Crashed

_FIELDS = ("minute", "hour", "day", "month", "weekday", "comm")
_LINE = re.compile(r"(?:[0-9A-Za-z*/,-]+[ \t]+){5}\S.*")


def add(call: Call) -> Answer:
    """``/api/cronjob_add/``. Live looks for the new line as a part of the whole file."""
    if not all(call.text(name) for name in _FIELDS):
        raise Answered(success=False, error="All fields are required.")
    user, line = call.user["username"], " ".join(call.text(name) for name in _FIELDS)
    crontab = call.table("crontabs").get(user, "")
    if line in (crontab if call.live else crontab.splitlines()):
        raise Answered(success=False, error="Cron job already exists.")
    _install(call, user, f"{crontab}{line}\n", line)
    return {"success": True, "message": "Cron job added successfully."}


def _install(call: Call, user: str, crontab: str, line: str) -> None:
    """Hand the file to cron, which refuses a bad line; live has written the file by then."""
    accepted = _LINE.fullmatch(line) is not None
    if accepted or call.live:
        call.table("crontabs")[user] = crontab
    if not accepted:
        command = ["sudo", "crontab", "-u", user, f"/var/spool/cronjobs/{user}"]
        raise Answered(success=False, error=f"Command '{command}' returned non-zero exit status 1.")


def find(call: Call) -> Answer:
    """``/api/cronjob_list/``: not a list but a search; answers the number of a line, from 1."""
    wanted = call.text("value").strip()
    if not call.text("value"):
        raise Answered(error="Line is required.")
    crontab = call.table("crontabs").get(call.user["username"])
    if crontab is None:
        raise Crashed("the account has no cron file yet")
    for number, line in enumerate(crontab.splitlines(), start=1):
        if " ".join(line.split(None, 5)) == wanted:
            return {"line_number": number}
    raise Answered(error="Cron job not found.")


def delete(call: Call) -> Answer:
    """``/api/cronjob_delete/<line>/``: ``success`` is a text."""
    user = call.user["username"]
    lines, number = call.table("crontabs").get(user, "").splitlines(keepends=True), int(call.argument)
    if not 1 <= number <= len(lines):
        raise Answered(error="Failed to delete the cron job. Please check the line number or cron file.")
    del lines[number - 1]
    call.table("crontabs")[user] = "".join(lines)
    return {"success": "Cron job deleted successfully!"}
