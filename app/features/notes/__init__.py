"""Notes about domains and mailboxes. A tab of the domain page, shown in look-ups too; without an entry in the menu."""
