"""Code blocks are copied as code: nothing of the markdown around them."""

from __future__ import annotations

import pytest

from fmtui.core.code_blocks import code_blocks


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("no code, `a` and ```b``` in a line", []),
        ("a\n\n```python\nx = 1\n\ny = 2\n```\nb", ["x = 1\n\ny = 2"]),
        ("```\na\n```\n~~~ sh\nb\n~~~", ["a", "b"]),
        ("````\n```\na\n```\n````", ["```\na\n```"]),
        ("1. do\n\n   ```sh\n   ls\n     -l\n   ```\n2. more", ["ls\n  -l"]),
        ("- ```sh\n  ls\n  ```", ["ls"]),
        ("> ```\n> a\n>\n>  b\n> ```", ["a\n\n b"]),
        ("```\nstill comin", ["still comin"]),
        ("```\n```", [""]),
        ("    ```\n    a\n    ```", ["a"]),
    ],
)
def test_code_blocks(text: str, blocks: list[str]) -> None:
    assert code_blocks(text) == blocks
