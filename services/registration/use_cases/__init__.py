"""One module per verb and object: load, decide, record, emit."""
