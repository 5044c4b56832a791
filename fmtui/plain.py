"""`fmtui --plain`: a conversation for screen readers, dumb terminals and pipes.

Nothing moves the cursor, nothing is drawn over and no colour says anything: who speaks stands
before what is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fmtui.core.loop import Loop
from fmtui.options import Options
from fmtui.output import Streams
from fmtui.plain_commands import do
from fmtui.plain_talk import Plain
from fmtui.workbench import Workbench


def run(bench: Workbench, options: Options, streams: Streams, environ: Mapping[str, str]) -> int:
    """Talk line by line, and return the exit status: 0 at the end, 130 when it was stopped.

    Raises:
        FmtuiError: the session cannot be opened.
    """
    with asyncio.Runner(loop_factory=Loop) as runner:
        return Plain(bench, options, streams, environ, runner, do).run()
