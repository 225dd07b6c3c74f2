"""From probabilities to text, and how far texts are apart."""

from functools import cache

import numpy as np
import pytest
import torch
from torch.nn.functional import ctc_loss

from neuropil.apps.handwrite.alphabet import ALPHABET, encode_text
from neuropil.apps.handwrite.ctc import (
    character_error_rate,
    edit_distance,
    edit_table,
    greedy_decode,
    losses,
)


def path(text: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Write probabilities whose best path is this, - standing for the blank."""
    numbers = [0 if c == "-" else int(encode_text(c)[0]) for c in text]
    sure = np.eye(len(ALPHABET) + 1)[numbers]
    return np.log(sure + 1e-6).astype(np.float32)


@pytest.mark.parametrize(
    ("told", "text"),
    [("h-ee-l-l-o", "helo"[:2] + "llo"), ("---", ""), ("aab", "ab"), ("a-a", "aa"), (" a ", " a ")],
)
def test_repetitions_count_once_and_blanks_not_at_all(told: str, text: str) -> None:
    assert greedy_decode(path(told)) == text


@pytest.mark.parametrize("text", ["a", "ab", "aa", "a b", "hello", ""])
def test_losses_add_up_to_the_loss_of_connectionist_temporal_classification(text: str) -> None:
    logits = np.random.default_rng(0).normal(0, 2, (17, len(ALPHABET) + 1)).astype(np.float32)
    labels = encode_text(text)
    lost = losses(logits, labels)
    log_p = torch.log_softmax(torch.from_numpy(logits).double(), dim=1)[:, None]
    whole = ctc_loss(
        log_p,
        torch.from_numpy(labels)[None],
        torch.tensor([17]),
        torch.tensor([len(labels)]),
        reduction="sum",
    )
    assert lost.sum() == pytest.approx(float(whole))
    assert lost.min() >= 0
    assert lost.shape == (17,)


def test_probability_is_lost_where_something_else_is_read() -> None:
    lost = losses(path("-a-x-c-"), encode_text("abc"))
    assert lost.argmax() == 3
    assert lost[3] > 10 * np.delete(lost, 3).max()


def test_a_text_that_has_no_room_loses_everything() -> None:
    assert losses(path("a-"), encode_text("abcd")).sum() > 50


@pytest.mark.parametrize(
    ("one", "other", "n"),
    [
        ("", "", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
        ("same", "same", 0),
    ],
)
def test_edits_are_counted(one: str, other: str, n: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == n


def test_a_table_has_the_edits_of_all_beginnings() -> None:
    one, other = "kitten", "sitting"

    @cache
    def edits(i: int, j: int) -> int:
        """Count by the definition: the last characters go together, or one of them is edited."""
        if not i or not j:
            return i + j
        together = edits(i - 1, j - 1) + (one[i - 1] != other[j - 1])
        return min(together, edits(i - 1, j) + 1, edits(i, j - 1) + 1)

    expected = [[edits(i, j) for j in range(8)] for i in range(7)]
    assert edit_table(one, other).tolist() == expected


def test_the_rate_is_over_all_characters() -> None:
    assert character_error_rate(["abd", "x"], ["abc", "xyz"]) == pytest.approx(3 / 6)
