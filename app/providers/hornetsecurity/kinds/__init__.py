"""What the Control Panel keeps beside domains, routes, rules and settings, kind by kind."""
