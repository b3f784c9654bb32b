"""A package per channel. Every provider is called through `gateway.Gateway` only."""
