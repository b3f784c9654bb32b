"""The web pages: incidents and their progress, waves, call lists, handovers, parked messages.

Consumes registration.v1, routing.v1, outreach.v1 and notify.v1. Publishes nothing: commands go to the
services over HTTP. Owns a projection of people and contacts, and counters that change by deltas.
"""
