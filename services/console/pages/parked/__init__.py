"""Parked messages (dead letters) of every service."""
