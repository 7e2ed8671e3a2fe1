"""Measurements, both sides of each comparison in one run: `make bench`, or `python -m bench NAME …` for single ones."""
