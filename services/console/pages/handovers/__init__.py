"""Handovers to authorities at home, and their answers."""
