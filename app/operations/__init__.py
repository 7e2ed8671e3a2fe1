"""How work is done safely: plan, journal, send, settle, sync, jobs. No HTTP, no SQL, no Flask.

May import: core.
"""
