"""Aliases: other names of a domain, and addresses that hand their mail on. Tabs of the domain page, not in the menu."""
