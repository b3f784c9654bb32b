"""Loops: duplicate matching, retention, cleaning up imports, upgrading the index."""
