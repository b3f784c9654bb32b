"""The call list of an authority, a claimed call, and follow-ups."""
