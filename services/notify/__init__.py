"""Send the due messages and track their delivery: Digital Post, SMS, e-mail.

Consumes registration.v1 and outreach.v1; publishes notify.v1.
Owns the attempts and the receipts. Keeps its own projection of consents.
"""
