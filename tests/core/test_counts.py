"""Numbers of models as people read them."""

import pytest

from fmtui.core.text import prices, short_count


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0, "0"),
        (512, "512"),
        (999, "999"),
        (8192, "8K"),
        (131_072, "131K"),
        (999_499, "999K"),
        (999_500, "1M"),
        (1_000_000, "1M"),
        (1_048_576, "1.05M"),
        (2_000_000, "2M"),
        (10_000_000, "10M"),
        (200_000_000, "200M"),
    ],
)
def test_a_number_of_tokens_fits_five_characters(number: int, shown: str) -> None:
    assert short_count(number) == shown


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ((0.5, 1.5), "$0.5/1.5"),
        ((0.15, 0.6), "$0.15/0.6"),
        ((30.0, 180.0), "$30/180"),
        ((0.0, 0.0), "free"),
        ((None, None), ""),
        ((None, 2.0), "$?/2"),
        ((0.0, None), "$0/?"),
    ],
)
def test_prices_are_shown_as_in_and_out(known: tuple[float | None, float | None], shown: str) -> None:
    assert prices(*known) == shown
