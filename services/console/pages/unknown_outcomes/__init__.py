"""Messages with an unknown outcome."""
