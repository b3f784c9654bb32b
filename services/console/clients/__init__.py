"""HTTP clients of the other services: commands, lists, health, names of authorities."""
