"""Every query of registration, by what it is about."""
