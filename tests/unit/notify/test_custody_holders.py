"""Digital Post about a child: one entry of the channels for each custody holder."""

import pytest

from contracts.events.vocabulary import Channel
from services.notify.domain.custody_holders import find_custody_holder, repeat_digital_post

POST, SMS, EMAIL = Channel.DIGITAL_POST, Channel.SMS, Channel.EMAIL


@pytest.mark.parametrize(
    ("channels", "holders", "expected"),
    [
        ([POST, SMS], 1, [POST, SMS]),
        ([POST, SMS], 2, [POST, POST, SMS]),
        ([SMS, POST, EMAIL], 3, [SMS, POST, POST, POST, EMAIL]),
        ([SMS, EMAIL], 2, [SMS, EMAIL]),
    ],
)
def test_digital_post_is_repeated_once_for_each_holder(
    channels: list[str], holders: int, expected: list[str]
) -> None:
    repeated = repeat_digital_post(channels, holders)

    assert repeated == expected
    assert repeat_digital_post(repeated, holders) == expected


def test_the_position_names_the_holder() -> None:
    channels = [SMS, POST, POST, EMAIL]

    assert [find_custody_holder(channels, at, ("first", "second")) for at in (2, 3)] == ["first", "second"]
    assert find_custody_holder(channels, 3, ("first",)) is None
    assert find_custody_holder(channels, 2, ()) is None
