"""The public page on which people register themselves, under an incident's unguessable link.

The response is the same for known and unknown people: it does not reveal who is registered. The page works
without JavaScript and sets no cookie.
"""
