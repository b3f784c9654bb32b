"""Routing: find the authority responsible for a registered person on a date, and hand the case over to it.

Consumes registration.v1, outreach.v1. Publishes routing.v1. Owns the schema `routing`: decisions, the triage
queue, authorities, handovers and disclosures.
"""
