"""The imitated SPanel, after the SPanel contract sheet."""

from app.sandbox.spanel.panel import SPanel

UPSTREAM = SPanel
