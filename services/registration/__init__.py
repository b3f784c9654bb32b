"""Registration: incidents, the people affected, and their two consents.

Consumes routing.v1 (a CPR number that was replaced) and outreach.v1 (a withdrawal said to a nurse). Publishes
registration.v1. Owns the schema `registration`: incidents, registrations, the ledger of consents, blind
indexes, what came in. Issues and deletes the keys in the keyring.
"""
