"""The Cleanmail REST API, imitated after its manual (v3) and the Cleanmail notes: stateful, and strict where they say so."""

from app.sandbox.cleanmail.upstream import Cleanmail as UPSTREAM

__all__ = ["UPSTREAM"]
