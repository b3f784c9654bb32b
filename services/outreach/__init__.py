"""Decide who is contacted, when and by which channel: plans, waves, call lists.

Consumes registration.v1, routing.v1 and notify.v1; publishes outreach.v1.
Owns the waves with their frozen members, the planned contacts and the call lists. Keeps its own projection of
people and consents.
"""
