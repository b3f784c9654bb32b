"""What the services tell each other: event classes by publisher, ids, vocabularies, personal data."""
