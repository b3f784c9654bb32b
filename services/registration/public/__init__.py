"""The page where the public registers itself, behind an incident's link that nobody guesses.

Whoever sends it is thanked in the same words, whether or not the person was known: nothing here tells who is
registered. It works without JavaScript and sets no cookie.
"""
