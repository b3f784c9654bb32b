"""People from a file: records, then columns, then batches. Good rows go in, bad ones are told."""
