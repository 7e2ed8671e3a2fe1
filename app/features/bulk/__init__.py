"""Bulk: one wish for many chosen domains, shown first, then worked through as a job; and the import of files."""
