"""Mouth-shape cues for animators: from phones, as the network hears them, to nine mouths in time.

    cues = find_cues(phones)            # [MouthCue(0.0, 0.24, "X"), MouthCue(0.24, 0.38, "B"), ...]

The likeliest sequence (Viterbi 1967) in which changing costs something, so that no mouth flickers.

T  steps of 20 ms     C  cues
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import STEPS_PER_SECOND
from neuropil.apps.lipsync.phones import CUE_OF_PHONE, CUES, PHONES, to_chances
from neuropil.apps.lipsync.preprocess import Floats
from neuropil.kit.atomic import atomic_path
from neuropil.kit.errors import require_ending
from neuropil.kit.formats import QUALITY

CHANGE = 1.0  # cost of another cue, in nats
SHARES = (0.055, 0.425, 0.12, 0.066, 0.049, 0.047, 0.03, 0.031, 0.178)  # of the sentences learned
RARE = 0.5  # exponent of the share that a chance is divided by: lips that close are seen first


@dataclass(frozen=True)
class MouthCue:
    """A mouth, and from when to when it is shown, in seconds."""

    start: float
    end: float
    value: str


@dataclass(frozen=True)
class MouthCues:
    """Cues one after the other, without a gap."""

    KIND: ClassVar = "cue-sheet"
    SUFFIXES: ClassVar[tuple[str, ...]] = (".json", ".tsv", ".xml")

    cues: tuple[MouthCue, ...]

    def save(self, path: Path | str, *, quality: int = QUALITY) -> None:
        """Write JSON, TSV or XML as Rhubarb Lip Sync does, by the ending of the name."""
        path = Path(path)
        require_ending(path, self.SUFFIXES)
        words = {".json": self.to_json, ".tsv": self.to_tsv, ".xml": self.to_xml}
        with atomic_path(path) as beside:
            beside.write_text(words[path.suffix.lower()](), encoding="utf-8")

    @property
    def seconds(self) -> float:
        """Give the moment at which the last cue ends."""
        return self.cues[-1].end if self.cues else 0.0

    def to_json(self) -> str:
        """Word the cues as JSON."""
        said = {"metadata": {"duration": self.seconds}, "mouthCues": [asdict(c) for c in self.cues]}
        return json.dumps(said, indent=2) + "\n"

    def to_tsv(self) -> str:
        """Word the cues as a table: when each begins, and what it is; the last line is the end."""
        file = io.StringIO()
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerows((f"{cue.start:.2f}", cue.value) for cue in self.cues)
        table.writerow((f"{self.seconds:.2f}", "X"))
        return file.getvalue()

    def to_xml(self) -> str:
        """Word the cues as XML."""
        root = ElementTree.Element("rhubarbResult")
        about = ElementTree.SubElement(root, "metadata")
        ElementTree.SubElement(about, "duration").text = f"{self.seconds:.2f}"
        listed = ElementTree.SubElement(root, "mouthCues")
        for cue in self.cues:
            at = {"start": f"{cue.start:.2f}", "end": f"{cue.end:.2f}"}
            ElementTree.SubElement(listed, "mouthCue", at).text = cue.value
        ElementTree.indent(root)
        head = '<?xml version="1.0" encoding="utf-8"?>\n'
        return head + ElementTree.tostring(root, encoding="unicode") + "\n"


def find_cues(phones: Floats, is_silent: NDArray[np.bool_], seconds: float) -> MouthCues:
    """Find the cues of a recording from the logits of its phones (T, 41).

    is_silent: (T,), where the mouth rests whatever the network says
    """
    return MouthCues(tuple(join_steps(choose_cues(score_cues(phones, is_silent)), seconds)))


def score_cues(phones: Floats, is_silent: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Add up the chances of the phones of each cue, as logarithms, rare ones lifted: (T, C)."""
    belongs = np.array([[CUE_OF_PHONE[phone] == cue for cue in CUES] for phone in PHONES], float)
    scores = np.log(np.maximum(to_chances(phones) @ belongs, 1e-6)) - RARE * np.log(SHARES)
    scores[is_silent] = -20.0
    scores[is_silent, CUES.index("X")] = 0.0
    made: NDArray[np.float64] = scores
    return made


def choose_cues(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Choose the sequence (T,) of the highest score, where each change costs CHANGE."""
    T, C = scores.shape
    best, origins = scores[0], np.zeros((T, C), np.intp)
    for t in range(1, T):
        jump = int(best.argmax())
        stays = best >= best[jump] - CHANGE
        origins[t] = np.where(stays, np.arange(C), jump)
        best = np.where(stays, best, best[jump] - CHANGE) + scores[t]
    path = np.zeros(T, np.intp)
    path[-1] = best.argmax()
    for t in range(T - 1, 0, -1):
        path[t - 1] = origins[t, path[t]]
    return path


def drop_short(path: NDArray[np.intp]) -> NDArray[np.intp]:
    """Let the cue before a single step go on over it; no film shows it."""
    kept = path.copy()
    for t in range(1, len(path) - 1):
        if kept[t - 1] != path[t] != path[t + 1]:
            kept[t] = kept[t - 1]
    return kept


def join_steps(path: NDArray[np.intp] | Sequence[int], seconds: float) -> list[MouthCue]:
    """Join equal steps to cues; the last ends with the recording, none is shorter than 40 ms."""
    cues, start = [], 0
    for value, group in groupby(drop_short(np.asarray(path)).tolist()):
        stop = start + len(list(group))
        cues.append(MouthCue(start / STEPS_PER_SECOND, stop / STEPS_PER_SECOND, CUES[value]))
        start = stop
    if cues:
        cues[-1] = MouthCue(cues[-1].start, max(cues[-1].start, round(seconds, 2)), cues[-1].value)
    return cues
