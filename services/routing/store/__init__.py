"""The queries of routing, one module per subject."""
