"""Loops: due contacts, launches, what time leaves behind, gauges."""
