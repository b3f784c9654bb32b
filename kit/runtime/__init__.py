"""The process of a service: settings, clock, loops, logs, metrics, traces."""
