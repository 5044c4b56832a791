"""The parameters as the chat screen hands them to its widgets."""

from __future__ import annotations

from functools import partial

from fmtui.core.chat import Params
from fmtui.core.parameters import PARAMETERS, Settings, assigned, source_of, value_of
from fmtui.ui.setting import Setting


def _check(name: str, text: str) -> object:
    return assigned({}, name, text) if text.strip() else None


def settings_of(params: Params, session: Settings | None = None) -> list[Setting]:
    """Return the parameters that apply in the mode of some."""
    return [
        Setting(
            known.name,
            "" if (value := value_of(params, known.name)) is None else known.typed(value),
            source_of(known.name, {}, session or {}),
            partial(_check, known.name),
            known.help,
        )
        for known in PARAMETERS
        if params.mode in known.modes
    ]
