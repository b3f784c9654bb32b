"""Simulators of the external systems: real protocols over real sockets. They import none of our packages.

CPR register (SF1520), Digital Post (SF1601, PKO_PostStatus), SMS gateway, mail server, and a control port
that sets faults and shows their journals. `python -m simulators` runs all in one process; settings.py holds
the settings. Without rules they behave correctly. "Assumption" marks behaviour that no source describes.
"""
