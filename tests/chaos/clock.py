"""Runs fmtui with a clock that jumps: `python -m tests.chaos.clock` and fmtui's own arguments.

Four times a second the time of day goes a day ahead, then two days back, so that what comes
later seems to be earlier. Nothing else is changed: what only measures how long something
takes never looks at the time of day.
"""

from __future__ import annotations

import datetime as dt
import sys
import time

DAY_S = 86_400.0
_true_time = time.time
_begun = time.monotonic()
_TrueDate = dt.datetime


def jumping() -> float:
    """Return the time of day, as somebody set it who cannot make up their mind."""
    jumps = int((time.monotonic() - _begun) * 4)
    return _true_time() + DAY_S * (1.5 * (jumps % 2) - 0.25 * jumps - 2)


class _AnyDate(type):
    """Takes dates that the C parts of Python made for dates as well."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _TrueDate)


class JumpingDate(_TrueDate, metaclass=_AnyDate):
    """A date whose now jumps."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> JumpingDate:
        """Return the date at the moment."""
        return cls.fromtimestamp(jumping(), tz)


def main() -> int:
    """Run fmtui."""
    vars(time)["time"] = jumping
    vars(dt)["datetime"] = JumpingDate
    from fmtui.cli import main as fmtui  # noqa: PLC0415 - its modules take the names of the clock when they load

    return fmtui()


if __name__ == "__main__":
    sys.exit(main())
