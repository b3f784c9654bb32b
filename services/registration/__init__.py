"""Registration: incidents, the people affected, and their two consents.

Consumes routing.v1 (replaced CPR numbers) and outreach.v1 (withdrawals during calls). Publishes
registration.v1. Owns the schema `registration`: incidents, registrations, the consent ledger, blind indexes,
idempotency keys. Issues and deletes the keys in the keyring.
"""
