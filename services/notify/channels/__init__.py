"""The ways out. A package per channel; each provider is called through `edge.Edge` only."""
