"""Texts that people read: gettext catalogues, their use in Jinja, and the command that updates them."""
