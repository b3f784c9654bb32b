"""Accept all cases offered to one authority at once."""
