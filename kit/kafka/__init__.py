"""Kafka in and out: batches with their offsets, the relay, parked messages (dead letters), topics."""
