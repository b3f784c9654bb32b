"""Sends the messages that are due, and finds out what became of them: Digital Post, SMS, e-mail.

Consumes registration.v1 and outreach.v1; publishes notify.v1.
Owns the attempts, the receipts and its own projection of consents.
"""
