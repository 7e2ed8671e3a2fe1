"""SQLAlchemy behind the ports of core: inventory, journal, jobs, connections, settings, accounts; SQLite or PostgreSQL.

May import: core, SQLAlchemy, Alembic, cryptography. No Flask.
"""
