"""Policies with names: a page of “Policies” and a tab of a domain, so without an entry of its own in the menu."""
