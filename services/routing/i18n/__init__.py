"""Catalogue of the texts of explanations and handover records (`.po`), and the languages."""
