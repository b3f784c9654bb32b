"""Text messages through an HTTP gateway, under our own reference, with enquiries and delivery reports."""
