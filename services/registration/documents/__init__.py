"""What a citizen reads: wordings of consents by version, labels, the paper form, the receipt.

A version that was used is never changed: what somebody agreed to must be found again. A new one is a new
folder under versions/, and the newest is in use.
"""
