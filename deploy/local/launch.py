"""Replace this process by another program that ends when its parent ends.

Run as `launch.py PARENT_PID SIGNAL UID GID PROGRAM ARG...`; UID and GID are -1 to stay who we are. A script
of its own with nothing but the standard library, because `preexec_fn` is not safe beside threads. The user is
changed first: changing it clears the death signal.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def drop_to(uid: int, gid: int) -> None:
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


def die_with_parent(parent: int, signal_number: int) -> None:
    """End with the parent. Linux only; elsewhere the leftovers file ends orphans."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # the parent ended before the call
            sys.exit(1)


def main() -> None:
    parent, signal_number, uid, gid, *command = sys.argv[1:]
    if int(uid) >= 0:
        drop_to(int(uid), int(gid))
    die_with_parent(int(parent), int(signal_number))
    os.execvp(command[0], command)  # noqa: S606 - exec without a shell is intended


if __name__ == "__main__":
    main()
