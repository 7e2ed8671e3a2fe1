"""The Hornetsecurity Control Panel API, imitated: both generations on one port over one state."""

from app.sandbox.hornetsecurity.upstream import Hornetsecurity

UPSTREAM = Hornetsecurity
