"""What SpamExperts keeps beside domains, routes, lists and settings, as kinds of resources: declarations beside their calls."""
