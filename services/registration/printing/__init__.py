"""What registration prints: the form that a person fills in, and the receipt for a consent."""
