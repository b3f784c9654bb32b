"""Catalogues of the texts (`.po`), English labels of codes, the translator, and durations."""
