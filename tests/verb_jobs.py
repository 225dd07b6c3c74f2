"""One small job for every verb: an input of each kind, every option switched on, all outputs named.

A new verb needs nothing here unless it takes a kind of input, or a typed option, that is new.
"""

import io
import json
import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from foley_data import cue, sheet
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from neuropil import registry
from neuropil.apps.drive import simulator
from neuropil.apps.foley.app import DEFAULT_LIBRARY
from neuropil.apps.foley.sound_library import SoundLibrary
from neuropil.apps.lipsync.drawn_face import draw_face, place_points
from neuropil.apps.lipsync.hearing import RATE
from neuropil.apps.lipsync.library import LibraryBuilder
from neuropil.apps.lipsync.survey import measure_mouths
from neuropil.apps.lipsync.voice import Voice
from neuropil.apps.neuron import biological_view
from neuropil.checks import outputs_of
from neuropil.contract import Verb
from neuropil.job import Job, Settings
from neuropil.kit.audio.audio import Audio
from neuropil.kit.media.film import Film
from neuropil.kit.media.image import Image
from neuropil.signature import Input, Json, Option

TYPED: dict[str, Json] = {  # an example of every type that people type
    "Hint": "5,5,#ff0000",
    "Style": "random-3",
    "Vector": "0.1,0.2",
    "WeightMatrix": "0.15,0.3",
    "ActivationName": "relu",
}
CHOSEN: dict[str, dict[str, Json]] = {  # where not every value goes with every other
    "handwrite": {
        "paper": "a4",
        "ink": "#102030",
        "tries": 2,
        "size": 3,
        "speed": 40,
        "width": 0.9,
    },
    "handwrite-learn": {"text": "ab"},
    "translate": {"to": "es", "from_": "de"},
    "translate-read": {"to": "es", "from_": "de"},
    "translate-text": {"to": "de", "from_": "en"},
    "lipsync": {"face": 1},
    "lipsync-learn": {"face": 1},
    "lipsync-measure": {"face": 1},
    "neuron": {"b": ["0.4"], "target": "1", "loss": "half-squares"},
    "neuron-biology": {"b": ["0.4"]},
}
TEXTS = {"foley-find": "dog", "foley-sound": "dog-bark/dog-bark_03.opus"}  # that name something
HEIGHT, WIDTH = 33, 47
LONGEST_TEXT = 300  # characters: some lines
STEPS, MS = 12, 60.0  # of a drive, and of the life of a neuron, where they are short
READING = ("translate", "translate-read", "translate-render")  # take pictures with text
TALKING = ("lipsync", "lipsync-learn", "lipsync-measure")  # take films of a face that speaks
PERSON = Path(registry.__file__).parent / "samples" / "person.mp4"
TALK_FPS, TALK_FRAMES, TALK_SIZE = 5, 54, (320, 180)
SIGN = "Bitte leise\nsein, danke"
SIGN_HEIGHT, SIGN_WIDTH = 120, 240  # at least


def switch_on(option: Option) -> Json:
    """Choose a value that is not the default, by the option's type, range and choices."""
    value: Any
    if option.type is bool:
        value = not option.default
    elif option.choices:
        value = option.choices[-1]
    elif option.range and option.type is int:
        value = int(min(option.range.high, max(option.range.low, (option.default or 0) + 2)))
    elif option.range:
        value = (option.range.low + 2 * option.range.high) / 3
    elif option.type is str:
        value = f"{option.default}1"
    else:
        value = TYPED[option.type.__name__]
    return [value] if option.repeated else value


def every_option(verb: Verb, folder: Path) -> dict[str, Json]:
    """Switch on every option of a verb but those that want a screen."""
    made: dict[str, Json] = {}
    for option in verb.signature.options:
        if not option.local:
            made[option.name] = name_or_switch(option, folder)
    return made | CHOSEN.get(verb.command, {})


def name_or_switch(option: Option, folder: Path) -> Json:
    """Name a file that is made for an option, or choose a value."""
    if option.type not in NAMED:
        return switch_on(option)
    file = str(NAMED[option.type](folder))
    return [file] if option.repeated else file


# --- inputs --------------------------------------------------------------------------------------


def grey_ramp(height: int, width: int, kind: type = np.uint8) -> Image:
    """Make a grey ramp with a little noise."""
    ramp = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.4, width))
    noise = np.random.default_rng(0).uniform(0, 0.1, (height, width))
    grey: NDArray[Any] = ((ramp + noise) * np.iinfo(kind).max).astype(kind)
    return Image(np.repeat(grey[..., None], 3, axis=2))


def draw_sign(height: int, width: int) -> Image:
    """Draw two lines of text, black on white."""
    sign = Pillow.new("RGB", (width, height), "white")
    font = ImageFont.load_default(height / 4)
    ImageDraw.Draw(sign).multiline_text((height / 8, height / 6), SIGN, fill="black", font=font)
    return Image(np.asarray(sign))


def write_corrections(folder: Path, height: int, width: int) -> Path:
    """Write what a sign says and is to say."""
    path = folder / "sign.json"
    line = {"quad": [[10, 15], [220, 15], [220, 50], [10, 50]], "text": SIGN.partition("\n")[0]}
    block = {"lines": [0], "text": line["text"], "translation": "Quiet, please"}
    path.write_text(json.dumps({"lines": [line], "blocks": [block]}))
    return path


def write_image(folder: Path, height: int, width: int) -> Path:
    """Write a picture."""
    return write_picture(grey_ramp(height, width), folder)


def write_picture(picture: Image, folder: Path) -> Path:
    """Write a picture under a name that tells its size."""
    path = folder / f"{picture.width}x{picture.height}.png"
    picture.save(path)
    return path


def write_film(folder: Path, height: int, width: int) -> Path:
    """Write four frames losslessly."""
    return write_frames(grey_ramp(height, width), folder)


def write_frames(picture: Image, folder: Path) -> Path:
    """Write a picture that moves to the right in four frames."""
    height, width = picture.height, picture.width
    path = folder / f"{width}x{height}.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = width, height, "bgr0"
        for i in range(4):
            frame = av.VideoFrame.from_ndarray(np.roll(picture.pixels, i, axis=1))
            container.mux(stream.encode(frame.reformat(format="bgr0")))
        container.mux(stream.encode())
    return path


def write_talker(folder: Path) -> Path:
    """Write a film of a drawn face that speaks."""
    path = folder / "talker.mkv"
    path.write_bytes(encode_talker())
    return path


@cache
def encode_talker() -> bytes:
    """Encode every fifth frame of the sample, small and losslessly, and its sound."""
    file, film = io.BytesIO(), Film.open(PERSON)
    sound = Audio.open(PERSON).resample(RATE)
    with av.open(file, "w", format="matroska") as container:
        picture: Any = container.add_stream("ffv1", rate=TALK_FPS)
        picture.width, picture.height = TALK_SIZE
        picture.pix_fmt = "bgr0"
        heard: Any = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        samples = (sound.samples[: RATE * TALK_FRAMES // TALK_FPS, 0] * 32767).astype(np.int16)
        spoken = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        spoken.sample_rate = RATE
        container.mux(heard.encode(spoken))
        container.mux(heard.encode(None))
        for shown in islice(film.frames(), 0, TALK_FRAMES * 25 // TALK_FPS, 25 // TALK_FPS):
            small = np.asarray(Pillow.fromarray(shown.pixels).resize(TALK_SIZE))
            frame = av.VideoFrame.from_ndarray(small)
            container.mux(picture.encode(frame.reformat(format="bgr0")))
        container.mux(picture.encode())
    return file.getvalue()


def write_voice(folder: Path) -> Path:
    """Write what is learned of the drawn face in three frames."""
    path, builder = folder / "drawn.voice", LibraryBuilder()
    for i, opening in enumerate((-0.1, 0.2, 0.5)):
        builder.add(i, draw_face(opening), place_points(opening))
    library = builder.finish()
    Voice(library, measure_mouths(library.points.astype(np.float64)), None).save(path)
    return path


def write_strokes(folder: Path, height: int, width: int) -> Path:
    """Write a recording of a pen that goes up and down twice."""
    path = folder / "own.json"
    up_and_down = [[[x, y] for x, y in zip(range(12), [0, 9] * 6, strict=True)]]
    path.write_text(json.dumps({"text": "a", "strokes": [*up_and_down, [[15, 0], [15, 9]]]}))
    return path


def write_image_folder(folder: Path, height: int, width: int) -> Path:
    """Write a folder of two classes, eight pictures each."""
    album = folder / "album"
    for shade, name in ((40, "dark"), (200, "light")):
        (album / name).mkdir(parents=True, exist_ok=True)
        for i in range(8):
            pixels = np.full((height, width, 3), shade + i, np.uint8)
            pixels[:: i + 2] = 2 * i
            Image(pixels).save(album / name / f"{i}.png")
    return album


def write_sound(folder: Path, height: int, width: int) -> Path:
    """Write a quarter of a second of a tone."""
    path = folder / "tone.wav"
    samples = (3000 * np.sin(np.arange(2000) / 5)).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
        file.writeframes(samples.tobytes())
    return path


def write_cue_sheet(folder: Path, height: int, width: int) -> Path:
    """Write the cues of a quarter of a second."""
    path = folder / "cues.json"
    hit, sea = (f"{name}/{name}_01.opus" for name in ("hit-wood", "sea"))
    cues = cue("hit-wood", 0.1, 0.1, file=hit), cue("sea", 0.0, 0.25, file=sea)
    sheet(*cues, seconds=0.25).save(path)
    return path


def find_library(folder: Path) -> Path:
    """Find the library that ships."""
    return DEFAULT_LIBRARY


def write_sound_folder(folder: Path, height: int, width: int) -> Path:
    """Write a folder of one sound."""
    sounds = folder / "sounds"
    sounds.mkdir(exist_ok=True)
    return write_sound(sounds, height, width).parent


WRITERS: dict[str, Callable[[Path, int, int], Path]] = {
    "image": write_image,
    "film": write_film,
    "strokes": write_strokes,
    "image-folder": write_image_folder,
    "audio": write_sound,
    "corrections": write_corrections,
    "sound-folder": write_sound_folder,
    "cue-sheet": write_cue_sheet,
}


NAMED: dict[type, Callable[[Path], Path]] = {  # options that are files
    Voice: write_voice,
    SoundLibrary: find_library,
}


def make_input(given: Input, kind: str, folder: Path, verb: Verb, height: int, width: int) -> str:
    """Make an input of one of the kinds that a verb takes: a file's name, or a text."""
    if given.is_text and verb.command in TEXTS:
        return TEXTS[verb.command]
    if given.is_text:
        return ("Dear Ada, " * height)[: min(height + width, LONGEST_TEXT)]
    if verb.command == "drive-predict":
        height = width = 96  # what its camera sees
    if verb.command in READING and kind in ("image", "film"):
        sign = draw_sign(max(height, SIGN_HEIGHT), max(width, SIGN_WIDTH))
        return str((write_frames if kind == "film" else write_picture)(sign, folder))
    if verb.command in TALKING and kind == "film":
        return str(write_talker(folder))
    return str(WRITERS[kind](folder, height, width))


# --- jobs ----------------------------------------------------------------------------------------


def make_job(
    verb: Verb, kinds: Sequence[str], folder: Path, height: int = HEIGHT, width: int = WIDTH
) -> Job:
    """Make a job of a verb in a folder, with inputs of these kinds, one for each input.

    Every option is switched on, every output has a file.
    """
    inputs = verb.signature.inputs
    made = [
        make_input(given, kind, folder, verb, height, width)
        for given, kind in zip(inputs, kinds, strict=True)
    ]
    first = outputs_of(verb, Path(made[0]) if made and not inputs[0].is_text else None)
    named = {o.name: str(folder / f"made-{o.name}{o.suffixes[0]}") for o in first if o.suffixes}
    settings = Settings(force=True, threads=1)
    return Job(verb.command, tuple(made), every_option(verb, folder), named, settings)


def shorten(patch: pytest.MonkeyPatch) -> None:
    """Let drives and the lives of neurons be short: each of their steps is like the others."""
    patch.setattr(simulator, "MAX_STEPS", STEPS)
    patch.setattr(biological_view, "MS", MS)


def all_cases() -> list[tuple[str, tuple[str, ...]]]:
    """List every command with each choice of kinds for its inputs."""
    verbs = [registry.find_verb(command) for command in registry.commands()]
    return [
        (verb.command, kinds)
        for verb in verbs
        for kinds in product(*(given.kinds for given in verb.signature.inputs))
    ]
