"""Whether pictures can be sent: the part of the chat screen that knows which models take them."""

from __future__ import annotations

from fmtui.core.chat import Turn
from fmtui.core.text import one_line
from fmtui.ui.chat_choices import Choices, Chosen
from fmtui.ui.chat_costs import Costs
from fmtui.ui.chat_replies import Question
from fmtui.ui.chat_shelf import Stage


class Sight:
    """Knows who takes pictures, as far as anybody does."""

    def __init__(self, stage: Stage, choices: Choices, costs: Costs) -> None:
        self._stage = stage
        self._choices = choices
        self._costs = costs

    async def sees(self, question: Question) -> bool:
        """Return whether pictures are sent to who is asked; what is not known is tried."""
        hint = await self._costs.hint(question.endpoint, question.params.model)
        return question.params.mode == "chat" and (hint is None or hint.vision is not False)

    async def takes(self, prompt: Turn, chosen: Chosen) -> bool:
        """Return whether the pictures of a prompt can be sent, and say so where they cannot."""
        from fmtui.core.attachments import pictures_of  # noqa: PLC0415 - after the first frame

        named = pictures_of(prompt.text)
        if not named:
            return True
        question = Question(chosen.endpoint, await self._choices.settled(chosen), prompt)
        if await self.sees(question):
            return True
        params = question.params
        who = (
            f"{params.model} takes no pictures" if params.mode == "chat" else "A completion takes no pictures"
        )
        ways = f"Take {one_line(', '.join(named), 60)} out, or choose another model with "
        self._stage.tell(f"Not sent: {who}. {ways}{self._stage.way('model.switch')}.", "warning")
        return False
