"""The imitated OLSPanel, after the OLSPanel contract sheet."""

from app.sandbox.olspanel.panel import OlsPanel

UPSTREAM = OlsPanel
