"""Text messages by an HTTP gateway: sent under our reference, asked after, reported on afterwards."""
