"""Who is responsible for a person on a date, and to whom a message about the person must go."""
