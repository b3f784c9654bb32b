"""The built-in dated table of authorities, and the reader of its files."""
