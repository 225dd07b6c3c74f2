"""What the tagger is given: the same at every level, its loudest five seconds."""

import numpy as np
from foley_data import RATE, click, noise

from neuropil.apps.foley.tagger import COLUMNS, FEWEST_COLUMNS, MEL, encode, read_kinds, tag_names
from neuropil.kit.audio.audio import Audio


def test_level_does_not_matter() -> None:
    loud = noise(1.0, 0.2)
    np.testing.assert_allclose(
        encode(Audio(loud, RATE)), encode(Audio((loud / 50).astype(np.float32), RATE)), atol=1e-3
    )


def test_a_click_has_silence_behind_it() -> None:
    made = encode(Audio(click(0.1), RATE))
    assert made.shape == (1, 1, FEWEST_COLUMNS, MEL.bands)
    assert made.max() == 1
    assert made[0, 0, 10:].max() == 0


def test_of_a_long_recording_the_loudest_part_is_taken() -> None:
    quiet = np.concatenate([noise(8, 1e-5), noise(5, 0.1), noise(3, 1e-5)])
    made = encode(Audio(quiet, RATE))
    assert made.shape == (1, 1, COLUMNS, MEL.bands)
    assert made.mean() > 0.6


def test_every_class_has_a_kind() -> None:
    assert set(read_kinds().values()) == {"event", "ambience"}
    assert len(set(tag_names())) == len(tag_names()) == 157
