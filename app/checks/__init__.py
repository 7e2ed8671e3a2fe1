"""Our own look at DNS and SMTP: what upstreams cannot tell. Checks never raise for a finding.

May import: core, net, dnspython, cryptography, and the standard library's smtplib, ssl and socket.
"""
