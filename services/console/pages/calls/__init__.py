"""The call list of an authority, a call in hand, and follow-ups."""
