"""What the demo endpoint says: canned texts, chosen by simple words of the prompt.

Every text that could be taken for a model's own says that it is none. Nothing here sends
or waits; `demo.py` turns these texts into a stream.
"""

from __future__ import annotations

import re
from collections.abc import Callable

SPECIAL_PROMPTS: dict[str, str] = {
    "help": "this list",
    "markdown": "a tour of everything that is drawn: headings, lists, tables, code, quotes, CJK, emoji",
    "code": "two pieces of code",
    "table": "a wide table",
    "long": "a reply that max_tokens = 2048 cuts",
    "escape": "a reply full of terminal control characters, which must come out harmless",
    "empty": "a reply with no text",
    "401": "the key is refused",
    "403": "the key may not do this",
    "404": "there is no such model",
    "429": "too many requests: refused once with Retry-After, then answered",
    "500": "the server fails, however often it is asked",
    "cut": "the stream ends in the middle, with no finish reason",
    "broken": "the connection breaks in the middle",
    "silence": "the stream stops coming but stays open, until the idle limit or you end it",
}
"""Prompts that, alone on their line, make the demo do one thing; each with what it does."""

_CANNED = "*This is fmtui's built-in demo: canned text, no model and no network.*"

COOKIES_CHAT = """\
1. Gather ingredients:
   - 2 1/4 cups all-purpose flour
   - 1/2 teaspoon baking soda
   - 1 cup unsalted butter, room temperature
   - 1/2 cup granulated sugar
   - 1 cup packed light-brown sugar
   - 1 teaspoon salt
   - 2 teaspoons pure vanilla extract
   - 2 large eggs
   - 2 cups semisweet and/or milk chocolate chips

2. Preheat oven to 350°F (180°C). In a small bowl, whisk together flour and baking soda; set aside.

3. In the bowl of an electric mixer fitted with the paddle attachment, combine butter with both sugars; \
beat on medium speed until light and fluffy.

4. Reduce speed to low; add salt, vanilla, and eggs. Beat until well mixed, about 1 minute.

5. Add flour mixture; mix until just combined. Stir in chocolate chips.

6. Drop heaping tablespoon-size balls of dough about 2 inches apart on baking sheets lined with \
parchment paper.

7. Bake until cookies are golden around the edges, but still soft in the center, 8 to 10 minutes.

8. Remove from oven, and let cookies cool on the baking sheet for 1 to 2 minutes, then move them to a \
wire rack.
"""

COOKIES_COMPLETION = """\
Sure, you’ll need these basic ingredients, which you can always modify to your own tastes:
1 cup of butter, softened
1 cup of brown sugar
2 eggs
1 tsp vanilla
2 1/4 cups of flour
1 tsp of baking soda
1/4 tsp of salt
2 cups of chocolate chips

Some additional tips: be sure to use softened butter and not melted butter, and cream the butter and \
sugar together well. For the flour, baking soda, and salt, mix them together dry, and then add them to \
the wet ingredients. Finally, use a spoon to mix in the chocolate chips, since that gives a nice, \
even mixture.

Now, for baking, preheat the oven to 375 and bake for 8 to 10 minutes.
"""

_TOUR = (
    _CANNED
    + """

# A tour of markdown

A paragraph with **strong**, *emphasised*, ***both***, ~~struck out~~ and `inline code`, and a
[link to the documentation](https://docs.databricks.com/en/machine-learning/foundation-models/index.html).

## Lists

1. First, with a nested list:
   - flour
   - sugar
     - brown
     - white
   - butter
2. Second, which holds code:

   ```sh
   fmtui ask "Tell me in detail how to make chocolate chip cookies." | tee cookies.md
   ```

3. Third.

- [x] a task that is done
- [ ] a task that is not

## A table

| Model           | Task       | Tokens/s | Note              |
|:----------------|:----------:|---------:|-------------------|
| demo-chat       | chat       |      100 | answers at once   |
| demo-reasoning  | chat       |      100 | thinks first      |
| demo-completion | completion |      100 | continues a text  |

## Code

```python
from collections.abc import Iterator


def fibonacci(limit: int) -> Iterator[int]:
    \"\"\"Yield the numbers below `limit`.\"\"\"
    a, b = 0, 1
    while a < limit:
        yield a
        a, b = b, a + b


print(list(fibonacci(100)))  # [0, 1, 1, 2, 3, 5, 8, …]
```

## A quote

> Streaming can dramatically reduce the time it takes for users to see a response.
>
> > A quote in a quote.

---

### Wide characters

日本語の文章も、中文句子，한국어 문장도 they keep their columns: 🍪 👩‍🍳 🇨🇭 ✔ cafe\u0301.

A long word without a break: https://example.com/"""
    + "a-very-long-path/" * 12
    + """

That was the tour.
"""
)

_CODE = (
    _CANNED
    + """

A blocking script:

```python
import fmtui

messages = [{"role": "user", "content": "Tell me in detail how to make chocolate chip cookies."}]
for chunk in fmtui.chat("demo", model="demo-chat", messages=messages, max_tokens=2048):
    print(chunk.text, end="")
```

The same request by hand:

```sh
curl -u token:$DATABRICKS_TOKEN -X POST -H "Content-Type: application/json" \\
  -d '{"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 2048, "stream": true}' \\
  "$DATABRICKS_HOST/serving-endpoints/databricks-mixtral-8x7b-instruct/invocations"
```
"""
)

_TABLE = (
    _CANNED
    + """

| Ingredient | Amount | Why |
|---|---:|---|
| All-purpose flour | 2 1/4 cups | structure; too much makes them dry |
| Baking soda | 1/2 teaspoon | spread and colour |
| Unsalted butter | 1 cup | flavour, and the crisp edge |
| Light-brown sugar | 1 cup | moisture, so they stay soft in the middle |
| Granulated sugar | 1/2 cup | crispness |
| Large eggs | 2 | they bind everything |
| 巧克力 (chocolate chips) | 2 cups | the point of it all 🍪 |
"""
)

_ESCAPE = (
    _CANNED
    + "\n\nThe following would write the clipboard, clear the screen, set colours and reverse the text, "
    "were it let through:\n\n"
    "\x1b]52;c;ZGVtbw==\x07 \x1b[2J \x9b31m \x1b]0;title\x07 [/x] [bold]x[/bold] \u202eabc\u202c\n"
)

_LONG_PARAGRAPHS = """\
Long replies are where a terminal client shows its worth: the text grows, the screen follows it while \
you are at its end, and stays where it is when you have scrolled up to read.

Each finished block is laid out once. Only the block that still grows is laid out again, at most once a \
frame, so the thousandth line costs as much as the first.

- You may stop this reply at any time;
- what has come is kept,
- and says that it was stopped.

When `max_tokens` is smaller than the reply, the server ends it with the finish reason `length`, and \
the line below the reply says so."""


def _long() -> str:
    sections = [_CANNED, "# A long reply"]
    for number in range(1, 25):
        sections.append(f"## Part {number}")
        sections.append(_LONG_PARAGRAPHS)
    return "\n\n".join(sections) + "\n"


def help_text() -> str:
    """Return what the demo can do, as markdown."""
    rows = "\n".join(f"| `{word}` | {does} |" for word, does in SPECIAL_PROMPTS.items())
    return (
        f"{_CANNED}\n\nSend one of these words alone:\n\n| Prompt | What happens |\n|---|---|\n{rows}\n\n"
        "Anything else gets a short reply; ask about chocolate chip cookies for a recipe. The models "
        "differ too: `demo-reasoning` thinks first, `demo-completion` continues a text instead of "
        "answering, `demo-cold` is never ready.\n"
    )


def _introduction(prompt: str, prompts: int, system: str) -> str:
    shown = " ".join(prompt.split())
    if len(shown) > 300:
        shown = shown[:299] + "…"
    words = len(prompt.split())
    given = f" A system prompt of {len(system)} characters came with it." if system else ""
    number = "" if prompts < 2 else f" It is prompt {prompts} of this conversation."
    return (
        f"{_CANNED}\n\n"
        f"You wrote {words} word{'' if words == 1 else 's'}:\n\n> {shown}\n\n"
        f"There is nobody here to answer that.{number}{given} What you see is how a reply *streams*: "
        "token by token, about a hundred a second, drawn as markdown while it comes.\n\n"
        "- Send `help` to see what the demo can show, or `markdown` for a tour.\n"
        "- Choose another endpoint and model to talk to a real one.\n"
        "- To add one, set `DATABRICKS_HOST` and `DATABRICKS_TOKEN`, or `OPENAI_API_KEY`, or write it into "
        "`config.toml`; `fmtui config path` prints where that is.\n"
    )


_FIXED: dict[str, Callable[[], str]] = {
    "help": help_text,
    "markdown": lambda: _TOUR,
    "code": lambda: _CODE,
    "table": lambda: _TABLE,
    "long": _long,
    "escape": lambda: _ESCAPE,
    "empty": lambda: "",
}


def special(prompt: str) -> str:
    """Return the special prompt that this one is, or an empty text: only a prompt of that one word counts."""
    word = prompt.strip().lower()
    return word if word in SPECIAL_PROMPTS else ""


def chat_answer(prompt: str, prompts: int = 1, system: str = "") -> str:
    """Return the answer to the last prompt of a conversation.

    Args:
        prompt: the last user message.
        prompts: how many user messages the conversation has.
        system: the system prompt.
    """
    if fixed := _FIXED.get(special(prompt)):
        return fixed()
    if re.search(r"\bcookies?\b", prompt, re.IGNORECASE):
        return f"{_CANNED}\n\n{COOKIES_CHAT}"
    return _introduction(prompt, prompts, system)


def completion_answer(prompt: str) -> str:
    """Return what continues a prompt in completion mode: plain text, as such models write."""
    if fixed := _FIXED.get(special(prompt)):
        return fixed()
    note = "(This is fmtui's built-in demo: canned text, no model and no network.)\n\n"
    if re.search(r"\bcookies?\b", prompt, re.IGNORECASE):
        return note + COOKIES_COMPLETION
    ending = prompt.split()[-8:]
    return (
        f"{note}… and so the text that ended with “{' '.join(ending)}” went on, "
        "as a completion model would have continued it: no question, no answer, only what comes next.\n"
    )


def reasoning_for(prompt: str) -> str:
    """Return what the reasoning demo model "thinks" before it answers."""
    return (
        f"The prompt has {len(prompt.split())} words. I am canned text, so there is nothing to work out; "
        "but a reasoning model would first write its thoughts like this, apart from the reply. "
        "They count as completion tokens and are never sent back."
    )
