"""All queries of registration, one module per subject."""
