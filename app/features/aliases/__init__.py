"""Aliases: other names of a domain. A tab of the domain page, so without an entry of its own in the menu."""
