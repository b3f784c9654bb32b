"""What registration tells of people, as notify needs it."""
