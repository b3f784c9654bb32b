"""Routing: who is responsible for a registered person on a date, handed over to them; who may be written to.

Consumes registration.v1, outreach.v1. Publishes routing.v1. Owns the schema `routing`: decisions, the triage
queue, authorities, handovers and what was passed on.
"""
