"""The projection of registration's events about people."""
