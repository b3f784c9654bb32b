"""What the services publish: event classes by publisher, ids, vocabularies, personal data."""
