"""The project's own dated table of authorities, and the reader of its three files."""
