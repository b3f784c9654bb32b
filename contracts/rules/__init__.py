"""Rules that every service applies alike: consent, identity numbers, contact details, text."""
