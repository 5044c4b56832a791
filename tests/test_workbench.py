"""What is known of models: by the configuration, by a list of today or of before, and by the table."""

from __future__ import annotations

import time
from pathlib import Path

from fmtui.core.chat import Model
from fmtui.core.endpoints import Endpoint
from fmtui.core.hints import shipped
from fmtui.core.model_cache import KnownList, ModelCache, origin_of
from fmtui.workbench import Workbench

WORK = Endpoint("work", "https://work.invalid", "databricks")
LOCAL = Endpoint("local", "https://local.invalid/v1", "openai")
HOSTED = "databricks-claude-sonnet-4-5"


def bench(home: Path, config: str = "") -> Workbench:
    path = home / ".config" / "fmtui" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(config)
    return Workbench({"HOME": str(home)}, home, config=str(path))


def test_a_listed_model_has_window_and_prices_of_the_table_unless_the_configuration_knows_better(
    tmp_path: Path,
) -> None:
    made = bench(tmp_path, f'[models."work/{HOSTED}"]\nwindow = 1_000\n')
    known, hinted = shipped().databricks[HOSTED], made.hinted(WORK, Model(HOSTED, "llm/v1/chat"))
    assert (hinted.context_window, hinted.price_in, hinted.price_out) == (
        1_000,
        known.price_in,
        known.price_out,
    )
    assert hinted.task == "llm/v1/chat"
    other = made.hinted(LOCAL, Model(HOSTED))
    assert (other.context_window, other.price_in) == (None, None)


def test_a_model_that_was_named_has_the_price_of_a_list_of_before(tmp_path: Path) -> None:
    made = bench(tmp_path)
    assert made.hint(LOCAL, Model("m")).price_in is None
    listed = Model("m", context_window=9_000, price_in=1.0, price_out=2.0)
    made.models_path.parent.mkdir(parents=True)
    ModelCache(made.models_path).keep({"local": KnownList(origin_of(LOCAL), time.time(), (listed,))})
    hint = made.hint(LOCAL, Model("m"))
    assert (hint.window, hint.price_in, hint.price_out) == (9_000, 1.0, 2.0)
    elsewhere = Endpoint("local", "https://other.invalid/v1", "openai")
    assert made.hint(elsewhere, Model("m")).price_in is None
