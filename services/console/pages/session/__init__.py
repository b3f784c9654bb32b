"""The name and the language of the visitor."""
