import numpy as np
import pytest

from neuropil.apps.translate import alphabet
from neuropil.apps.translate.alphabet import (
    NUMBERS,
    ReadLine,
    encode,
    find_characters,
    join_characters,
    unify,
)


def logits_of(steps: str, other: float = 0.0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Make logits that name a character at every step; `_` is the blank."""
    made = np.full((len(steps), alphabet.N_OUTPUTS), other, np.float32)
    for row, character in zip(made, steps, strict=True):
        row[0 if character == "_" else NUMBERS[character]] = 20
    return made


def decode(logits: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> ReadLine:
    return join_characters(find_characters(logits))


def test_every_letter_of_the_four_languages_is_known() -> None:
    letters = "äöüßéèêëàâçîïôœùûÿñ¿¡áíóúæ"
    assert encode(letters + letters.upper().replace("SS", "ẞ")) is not None
    assert encode('0123456789 .,;:!?-–"„“«»()[]/%&§€$£¥+=*#@') is not None
    assert len(set(alphabet.CHARACTERS)) == len(alphabet.CHARACTERS)


def test_characters_that_look_alike_are_written_in_one_way() -> None:
    assert unify("l’été\u00a0 1\u20112 μg…") == "l'été 1-2 µg..."
    assert unify("e\u0301") == "é"


def test_unknown_characters_are_told() -> None:
    assert encode("Ж") is None


def test_equal_steps_are_one_character_and_blanks_part_them() -> None:
    assert decode(logits_of("_HHaal__ll_o__")).text == "Hallo"
    assert decode(logits_of("_aab_b_")).text == "abb"
    assert decode(logits_of("____")).text == ""


def test_confidence_is_that_of_the_characters() -> None:
    sure, unsure = decode(logits_of("_a_b_")), decode(logits_of("_a_b_", other=17.0))
    assert sure.confidence == pytest.approx(1, abs=1e-4)
    n = alphabet.N_OUTPUTS - 1
    assert unsure.confidence == pytest.approx(1 / (1 + n * np.exp(-3)), rel=1e-4)
    assert decode(logits_of("___")).confidence == 0
