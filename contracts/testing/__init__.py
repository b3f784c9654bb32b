"""The golden schemas and one example message of each event."""
