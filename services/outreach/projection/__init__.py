"""What registration tells of people, as outreach needs it."""
