"""What registration tells of people, as routing needs it."""
