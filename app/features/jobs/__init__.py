"""Jobs: work on many things, with progress and a result for each."""

from app.core.actor import Right
from app.core.text import msg
from app.web.menu import MenuItem

MENU = MenuItem(msg("Jobs"), "jobs.index", "progress-check", 100, Right.VIEW_JOBS)
