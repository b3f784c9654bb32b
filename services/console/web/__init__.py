"""What every page shares: rendering, session, errors, live updates, static files."""
