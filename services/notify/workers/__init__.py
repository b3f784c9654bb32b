"""Loops: sending, unknown outcomes, the queue of receipts, gauges."""
