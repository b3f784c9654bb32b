"""Routing: who is responsible for a registered person on a date, and who may be written to.

Consumes registration.v1. Publishes routing.v1. Owns the schema `routing`: decisions, the triage
queue, authorities.
"""
