"""How an event travels: its base class, CloudEvents headers, the catalogue of topics, AsyncAPI."""
