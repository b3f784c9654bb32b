"""The words a citizen reads: consents by version, and the labels of forms, receipts and the public page.

A version that was used is never changed: what somebody agreed to must be found again. A new one is a new
folder under versions/, and the newest is in use.
"""
