"""The only code that calls upstreams: transport, limits of a connection, the record of calls.

May import: core, requests, urllib3, and redis where several processes share limits.
"""
