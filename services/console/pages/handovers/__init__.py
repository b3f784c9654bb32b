"""Handovers to authorities, and their answers."""
