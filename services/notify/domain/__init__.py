"""Decisions about messages and what came of them: pure."""
