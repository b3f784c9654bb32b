"""Projection of people, contacts and waves from events, with counters."""
