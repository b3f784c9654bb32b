"""Page that stores the visitor's name."""
