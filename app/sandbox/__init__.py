"""The five upstreams imitated over real sockets, with a small DNS and an SMTP sink. Loopback only, demo data only.

It shares no code and no data with the drivers: both follow the same documents, each on its own.
"""
