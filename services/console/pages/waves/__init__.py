"""One wave, from its preview to its end."""
