"""Every query of routing, by what it is about."""
