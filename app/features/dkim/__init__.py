"""DKIM keys of a domain and whether DNS publishes them. A tab of the domain page, so without an entry in the menu."""
