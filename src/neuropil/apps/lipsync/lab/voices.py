"""Sentences that a machine speaks, and the moment of each phone: voices that no corpus at hand has.

    sentences = speak(["God bless 'em"], VOICES)

The program is flite (Debian's package of that name), whose voices say when each phone ends.
"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.lipsync.hearing import COLUMNS, log_mel_columns, mono, step_times
from neuropil.apps.lipsync.lab.sounds import Sentence
from neuropil.apps.lipsync.phones import PAUSE, PHONES
from neuropil.kit.audio.audio import Audio
from neuropil.kit.progress import message, track

VOICES = ("kal16", "rms", "slt")  # two men and a woman, American
OTHER = "awb"  # a Scotsman, who teaches nothing
PROGRAM = "flite"
NAMES = MappingProxyType(  # of flite's phones, those that SAMPA writes otherwise
    {
        "aa": "A",
        "ae": "{",
        "ah": "V",
        "ao": "O",
        "aw": "aU",
        "ax": "@",
        "ay": "AI",
        "ch": "tS",
        "dh": "D",
        "eh": "E",
        "er": "r=",
        "ey": "EI",
        "hh": "h",
        "ih": "I",
        "iy": "i",
        "jh": "dZ",
        "ng": "N",
        "ow": "@U",
        "oy": "OI",
        "pau": PAUSE,
        "sh": "S",
        "th": "T",
        "uh": "U",
        "uw": "u",
        "y": "j",
        "zh": "Z",
    }
)


def speak(texts: Sequence[str], voices: Sequence[str]) -> list[Sentence]:
    """Let each voice speak each text; nothing, and it is said, where flite is not installed."""
    if shutil.which(PROGRAM) is None:
        message(f"{PROGRAM} is not installed (Debian: apt install flite): no voices of a machine")
        return []
    pairs = [(text, voice) for voice in voices for text in texts]
    with TemporaryDirectory() as folder:
        path = Path(folder, "said.wav")
        return [say(*pair, path) for pair in track(pairs, total=len(pairs), title="voices")]


def say(text: str, voice: str, path: Path) -> Sentence:
    """Let a voice speak a text, by way of a WAV file."""
    told = call_flite(text, voice, path)
    columns = log_mel_columns(mono(Audio.open(path)))
    return Sentence(columns, name_steps(told, len(columns) // COLUMNS))


def call_flite(text: str, voice: str, path: Path) -> str:
    """Let flite write a WAV file; it tells each phone and when that ends."""
    command = [PROGRAM, "-voice", voice, "-psdur", "-t", f"{text} ", "-o", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def name_steps(told: str, n: int) -> NDArray[np.int64]:
    """Take what flite tells, "pau:0.174 eh:0.312 ...", each with its end, to the phones of n steps.

    Behind the last is a pause.
    """
    pairs = [each.rsplit(":", 1) for each in told.split()]
    numbers = [PHONES.index(NAMES.get(name, name)) for name, _ in pairs] + [PHONES.index(PAUSE)]
    ends = np.array([float(end) for _, end in pairs])
    return np.array(numbers)[np.searchsorted(ends, step_times(n), side="right")]
