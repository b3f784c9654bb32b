"""Stand-ins for the outside world, over real sockets and in the real protocols; they import nothing of ours.

CPR register (SF1520), Digital Post (SF1601, PKO_PostStatus), SMS gateway, mail server, and a control port
that tells them to misbehave and shows their journals. One process runs all, `python -m simulators`; settings
in settings.py. Told nothing, they are well-behaved. What the sources do not say is marked "assumption".
"""
