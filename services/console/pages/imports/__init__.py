"""A file of people, its report and its progress."""
