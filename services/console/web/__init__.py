"""Shared by all pages: rendering, session, errors, live updates, static files."""
