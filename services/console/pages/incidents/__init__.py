"""The list of incidents, and one incident with its live figures."""
