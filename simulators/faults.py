"""Faults of a simulator: by rules, or by the header X-Simulate of one request.

    PUT /faults/{simulator}  {"seed": 7, "rules": [{"do": "slow", "rate": 0.1}, {"do": "twice"}]}
    X-Simulate: slow=2, twice

A rule with `recipients` (numbers or addresses as the protocol writes them) applies to those only. `times`
limits how often it applies. Of several rules of a kind the last counts; the header overrides all rules.
"""

import math
import random
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Do(StrEnum):
    SLOW = "slow"  # answer after `seconds`
    LIMIT = "limit"  # above `per_second` requests: 429 with Retry-After (SMTP: 451)
    DROP_BEFORE = "drop_before"  # close the connection before any effect
    STATUS = "status"  # answer `status` without any effect
    GARBAGE = "garbage"  # answer with success and an invalid body, without any effect
    STATUS_AFTER = "status_after"  # take effect, answer `status`
    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"  # take effect, never answer
    ACCEPT_THEN_DROP = "accept_then_drop"  # take effect, close the connection
    FAIL = "fail"  # accept, then a receipt of final failure with `code`
    LATE = "late"  # receipts `seconds` later
    TWICE = "twice"  # each receipt two times
    OUT_OF_ORDER = "out_of_order"  # the last receipt first; up to `seconds` of jitter between messages
    NEVER = "never"  # no receipts


class Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    do: Do
    rate: float = Field(default=1, ge=0, le=1)
    recipients: frozenset[str] | None = None
    times: int | None = Field(default=None, ge=0)
    seconds: float = Field(default=1, ge=0)
    status: int = Field(default=503, ge=400, le=599)
    per_second: float = Field(default=10, gt=0)
    code: str = "simulated.failure"


class Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    rules: list[Rule] = []

    @model_validator(mode="after")
    def _one_limit(self) -> "Rules":
        if sum(rule.do is Do.LIMIT for rule in self.rules) > 1:
            raise ValueError("one limit at most")
        return self


Plan = Mapping[Do, Rule]  # the faults of one request
NOTHING: Final[Plan] = {}
_ARGUMENT: Final = {
    Do.SLOW: "seconds",
    Do.LATE: "seconds",
    Do.OUT_OF_ORDER: "seconds",
    Do.STATUS: "status",
    Do.STATUS_AFTER: "status",
    Do.FAIL: "code",
}


class Faults:
    def __init__(self) -> None:
        self.apply(Rules())

    def apply(self, rules: Rules) -> None:
        self.rules = rules
        self._left = [rule.times for rule in rules.rules]
        self._random = random.Random(rules.seed)  # noqa: S311  # seeded, so that a run can be repeated
        self._tokens = math.inf  # full
        self._filled = time.monotonic()

    def plan(self, recipient: str, asked: str | None = None) -> Plan:
        """Return the plan of a request. `asked`: its X-Simulate header. Raise ValueError if it is invalid."""
        if not self.rules.rules and not asked:
            return NOTHING
        chosen = {
            rule.do: rule for at, rule in enumerate(self.rules.rules) if self._applies(at, rule, recipient)
        }
        return chosen | (read(asked) if asked else {})

    def _applies(self, at: int, rule: Rule, recipient: str) -> bool:
        if rule.recipients is not None and recipient not in rule.recipients:
            return False
        if rule.do is Do.LIMIT:
            return not self._take(rule.per_second)
        if rule.rate < 1 and self._random.random() >= rule.rate:
            return False
        left = self._left[at]
        if left is not None:
            self._left[at] = max(0, left - 1)
        return left != 0

    def _take(self, per_second: float) -> bool:
        """Take one token from a bucket of one second. Return False if it is empty."""
        now = time.monotonic()
        self._tokens = min(max(1.0, per_second), self._tokens + (now - self._filled) * per_second)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def read(asked: str) -> dict[Do, Rule]:
    """Parse an X-Simulate header: values of Do, each with one argument, as `slow=2, twice`."""
    rules = {}
    for word in asked.split(","):
        name, _, argument = word.strip().partition("=")
        do = Do(name)
        if argument and do not in _ARGUMENT:
            raise ValueError(f"{do} takes no argument")
        rules[do] = Rule.model_validate({"do": do} | ({_ARGUMENT[do]: argument} if argument else {}))
    return rules
