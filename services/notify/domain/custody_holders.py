"""Write Digital Post about a child to one custody holder after the other.

The channels of a message name Digital Post once for each custody holder. The position in the channels says
which of them is written to.
"""

from collections.abc import Sequence

from contracts.events.vocabulary import Channel


def repeat_digital_post(channels: Sequence[str], holders: int) -> list[str]:
    """Return the channels with Digital Post once for each custody holder. A second call changes nothing."""
    if channels.count(Channel.DIGITAL_POST) != 1:
        return list(channels)
    at = channels.index(Channel.DIGITAL_POST)
    return [*channels[:at], *[Channel.DIGITAL_POST] * holders, *channels[at + 1 :]]


def find_custody_holder(channels: Sequence[str], position: int, cprs: Sequence[str]) -> str | None:
    """Return the CPR number of the recipient at this position (counted from 1); None without one."""
    index = channels[: position - 1].count(Channel.DIGITAL_POST)
    return cprs[index] if index < len(cprs) else None
