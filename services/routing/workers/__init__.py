"""Loops: due cases, late steps, cases to decide again, gauges."""
