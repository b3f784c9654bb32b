"""The other services over HTTP: commands, lists, health, names of authorities."""
