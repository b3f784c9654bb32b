"""Messages whose outcome is not known."""
