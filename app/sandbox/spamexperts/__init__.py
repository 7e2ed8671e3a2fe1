"""SpamExperts (N-able Mail Assure): the Software API and the Control Panel API over one state."""

from app.sandbox.spamexperts.upstream import SpamExperts

UPSTREAM = SpamExperts

__all__ = ["UPSTREAM"]
