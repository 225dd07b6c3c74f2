"""Recordings measured: onsets, classes by folder, what can't be used is said."""

import struct
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from foley_data import RATE, click, noise, save_recording
from listening import listening
from numpy.typing import NDArray
from refusals import refused

from neuropil.apps.foley.indexing import (
    SoundFolder,
    find_onset,
    index_folder,
    is_writable,
    measure_brightness,
)
from neuropil.apps.foley.tagger import EMBEDDING, tag_names
from neuropil.kit.audio.audio import Audio
from neuropil.kit.networks.network import OnnxNetwork


class Tagger:
    """Takes every recording for a dog."""

    def run(self, spectrogram: Any) -> dict[str, Any]:
        logits = np.zeros((1, len(tag_names())), np.float32)
        logits[0, tag_names().index("dog-bark")] = 5
        return {"logits": logits, "embedding": np.ones((1, EMBEDDING), np.float32)}


DOGS = cast(OnnxNetwork, Tagger())


@pytest.mark.parametrize("at", [0.0, 0.05, 0.213])
def test_the_onset_is_where_the_attack_begins(at: float) -> None:
    quiet = noise(0.6, 0.002)
    quiet[: len(click(0.5, at))] += click(0.5, at)
    assert find_onset(Audio(quiet, RATE)) == pytest.approx(at, abs=0.006)


def test_bright_and_dull() -> None:
    bright = measure_brightness(Audio(click(hz=4000), RATE))
    dull = measure_brightness(Audio(click(hz=250), RATE))
    assert bright == pytest.approx(2, abs=0.1)
    assert dull == pytest.approx(-2, abs=0.3)


def test_a_folder_becomes_a_library(tmp_path: Path) -> None:
    save_recording(tmp_path / "one.wav", click(at=0.1))
    save_recording(tmp_path / "sea" / "two.flac", noise())
    save_recording(tmp_path / "again" / "three.wav", click(at=0.1))
    save_recording(tmp_path / "silent.wav", np.zeros((RATE, 1), np.float32))
    (tmp_path / "broken.wav").write_bytes(b"RIFF and no more")
    with listening() as said:
        made = index_folder(SoundFolder.open(tmp_path), DOGS)
    assert [(r.file, r.name, r.kind) for r in made.recordings] == [
        ("one.wav", "dog-bark", "event"),
        (str(Path("sea", "two.flac")), "sea", "ambience"),
    ]
    assert made.recordings[0].onset == pytest.approx(0.1, abs=0.006)
    assert made.recordings[1].onset == 0
    assert np.linalg.norm(made.recordings[0].embedding) == pytest.approx(1)
    words = "\n".join(said)
    assert f"{Path('again', 'three.wav')} is one.wav once more" in words
    assert "silent.wav is silent" in words
    assert "broken.wav" in words


def save_float(path: Path, samples: NDArray[np.float32]) -> None:
    """Write a WAV file of numbers of 32 bits, whatever they are."""
    data = samples.astype("<f4").tobytes()
    form = struct.pack("<HHIIHH", 3, 1, RATE, 4 * RATE, 4, 32)
    parts = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data))
    path.write_bytes(b"RIFF" + struct.pack("<I", len(parts) + len(data)) + parts + data)


def test_odd_recordings_are_left_out_and_the_others_kept(tmp_path: Path) -> None:
    save_recording(tmp_path / "fine.wav", click())
    save_recording(tmp_path / "one.wav", click()[:1])
    wrong = click()
    wrong[5] = np.nan
    save_float(tmp_path / "wrong.wav", wrong)
    with listening() as said:
        made = index_folder(SoundFolder.open(tmp_path), DOGS)
    assert [each.file for each in made.recordings] == ["fine.wav"]
    words = "\n".join(said)
    assert "one.wav lasts 2.08e-05 s, 0.005 is needed" in words
    assert "wrong.wav holds samples that are no numbers" in words


def test_of_equal_recordings_the_one_with_a_class_stays(tmp_path: Path) -> None:
    for place in ("a", "Hit Wood/take 1"):
        save_recording(tmp_path / place / "knock.wav", click())
    (made,) = index_folder(SoundFolder.open(tmp_path), DOGS).recordings
    assert made.name == "hit-wood"
    assert made.file == str(Path("Hit Wood", "take 1", "knock.wav"))


def test_folders_without_recordings(tmp_path: Path) -> None:
    with refused("input.empty", tmp_path):
        SoundFolder.open(tmp_path)
    with refused("input.kind", tmp_path / "none"):
        SoundFolder.open(tmp_path / "none")
    save_recording(tmp_path / "silent.wav", np.zeros((RATE, 1), np.float32))
    with refused("input.content", "can be used, of 1"):
        index_folder(SoundFolder.open(tmp_path), DOGS)


@pytest.mark.parametrize(
    ("name", "writable"),
    [
        ("Screen Recording 9.41\u202fAM.wav", True),  # as macOS names them
        ("\u3000音.wav", True),
        ("two\nlines.wav", False),
        ("\udcff.wav", False),
    ],
)
def test_names_that_a_sheet_can_hold_are_taken(name: str, writable: bool) -> None:
    assert is_writable(name) == writable
