"""What people see and press: incidents, how far everybody has come, waves, call lists, parked messages.

Consumes registration.v1, routing.v1, outreach.v1 and notify.v1; publishes nothing: commands go to the
services over HTTP. Owns a projection of people and contacts, and counters that are changed by deltas.
"""
