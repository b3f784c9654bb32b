"""The triage queue of an incident."""
