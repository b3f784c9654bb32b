"""All that is offered to one authority, accepted at once."""
