"""Folder permissions (OLSPanel contract sheet, section 5)."""

from __future__ import annotations

from app.sandbox.olspanel.call import Answer, Answered, Call


def fix(call: Call) -> Answer:
    """``/api/fix_user_permission/``."""
    if not call.text("full_path").strip().startswith("/home/"):
        raise Answered(success=False, error="Invalid path: must start with /home/")
    return {"success": True, "message": "Permission successfully set."}
