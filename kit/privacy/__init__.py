"""Keys of the registered people, sealed values, and all that is stored about one owner of keys."""
