"""testing.assert_close: what it lets pass, and torch's words about what it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad.testing import assert_close

NAN = float("nan")
PAIRS: dict[str, Callable[[Any], tuple]] = {
    "close": lambda t: (t([1.0, 2.0]), t([1.0, 2.000001])),
    "far": lambda t: (t([1.0, 2.0]), t([1.0, 3.0])),
    "matrices": lambda t: (t([[1.0, 2.0], [3.0, 4.0]]), t([[1.0, 3.0], [3.0, 5.0]])),
    "numbers": lambda t: (1.0, 1.1),
    "whole numbers": lambda t: (1, 2),
    "int and float": lambda t: (1, 1.0),
    "integers": lambda t: (t([1, 2]), t([1, 3])),
    "booleans": lambda t: (t([True, False]), t([True, True])),
    "shapes": lambda t: (t([1.0]), t([1.0, 2.0])),
    "a list": lambda t: ([t([1.0]), t([2.0])], [t([1.0]), t([3.0])]),
    "lists of lists": lambda t: ([1, [2, 3]], [1, [2, 4]]),
    "lengths": lambda t: ([1], [1, 2]),
    "a mapping": lambda t: ({"a": t([1.0])}, {"a": t([2.0])}),
    "keys": lambda t: ({"a": 1}, {"b": 1}),
    "none": lambda t: (None, None),
    "none and not": lambda t: (t([1.0]), None),
    "nan": lambda t: (t([NAN]), t([NAN])),
    "0-d": lambda t: (t(1.0), t(2.0)),
    "arrays": lambda t: (np.array([1.0]), np.array([2.0])),
    "infinite": lambda t: (t([1.0, np.inf]), t([2.0, np.inf])),
    "truths": lambda t: (True, False),
}
WORDS = {
    "far": "Tensor-likes are not close!\n\nMismatched elements: 1 / 2 (50.0%)\n"
    "Greatest absolute difference: 1.0 at index (1,) (up to 1e-05 allowed)\n"
    "Greatest relative difference: 0.3333333432674408 at index (1,) (up to 1.3e-06 allowed)",
    "integers": "Tensor-likes are not equal!\n\nMismatched elements: 1 / 2 (50.0%)\n"
    "Greatest absolute difference: 1 at index (1,)\n"
    "Greatest relative difference: 0.3333333432674408 at index (1,)",
    "shapes": "The values for attribute 'shape' do not match: torch.Size([1]) != torch.Size([2]).",
    "lists of lists": "Scalars are not equal!\n\nExpected 4 but got 3.\nAbsolute difference: 1\n"
    "Relative difference: 0.25\n\nThe failure occurred for item [1][1]",
    "none and not": "None mismatch: tensor([1.]) is not None",
    "keys": "The keys of the mappings do not match:\nMissing keys in the actual mapping: ['b']\n"
    "Additional keys in the actual mapping: ['a']",
}


def said(check: Callable, lib: Any, name: str, **how: Any) -> str | None:
    try:
        check(*PAIRS[name](lib.tensor), **how)
    except AssertionError as error:
        return str(error)
    return None


def test_what_is_close_passes() -> None:
    assert [name for name in PAIRS if said(assert_close, minigrad, name) is None] == [
        "close", "none",
    ]  # fmt: skip
    assert said(assert_close, minigrad, "nan", equal_nan=True) is None
    assert said(assert_close, minigrad, "far", rtol=0, atol=1.5) is None
    assert said(assert_close, minigrad, "int and float", check_dtype=False) is None


@pytest.mark.parametrize("name", WORDS)
def test_the_words_are_torchs(name: str) -> None:
    assert said(assert_close, minigrad, name) == WORDS[name]


@pytest.mark.live
@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("how", [{}, {"rtol": 0.1, "atol": 0.01}, {"equal_nan": True}])
def test_the_words_are_the_installed_torchs(name: str, how: dict, torch: Any) -> None:
    expected = said(torch.testing.assert_close, torch, name, **how)
    assert said(assert_close, minigrad, name, **how) == expected


def test_types_have_to_agree_unless_told_otherwise() -> None:
    a = minigrad.tensor([1.0])
    with pytest.raises(AssertionError, match=r"'dtype' do not match: torch.float32 != torch.float"):
        assert_close(a, a.double())
    assert_close(a, a.double(), check_dtype=False)


def test_a_message_of_ones_own() -> None:
    a, b = minigrad.tensor([1.0]), minigrad.tensor([2.0])
    with pytest.raises(AssertionError, match="^mine$"):
        assert_close(a, b, msg="mine")
    with pytest.raises(AssertionError, match="^mine: Tensor-likes"):
        assert_close(a, b, msg=lambda words: f"mine: {words}")


def test_what_cannot_be_compared_is_a_type_error() -> None:
    for a, b in (("a", "b"), (minigrad.tensor([1.0]), [1.0]), (minigrad.tensor(1.0), 1.0)):
        with pytest.raises(TypeError, match="No comparison pair"):
            assert_close(a, b)
    with pytest.raises(ValueError, match="but got no atol"):
        assert_close(1.0, 1.0, rtol=1.0)
