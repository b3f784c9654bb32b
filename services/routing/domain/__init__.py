"""Decide which authority is responsible for a person on a date, and who receives messages."""
