"""Background loops: decide due cases, escalate overdue steps, decide cases again, set gauges."""
