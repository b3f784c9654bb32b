"""Texts and PDFs for citizens: consent texts by version, labels, the paper form, the receipt.

Never change a version that was used: the text of every consent must stay available. Add a new version as a
folder under versions/. The newest version is in use.
"""
