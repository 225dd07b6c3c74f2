"""Small films, made and looked into: what the tests of films share."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.stream import Disposition
from listening import listening

from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame

HZ = 44_100
EVEN = tuple(i / 10 for i in range(12))
UNEVEN = (0, 0.04, 0.5, 0.52, 1.25, 1.3)


def shoot(
    path: Path,
    times: Sequence[float] = EVEN,
    *,
    size: tuple[int, int] = (64, 48),
    sound: tuple[str, ...] = ("aac",),
    sound_from: float = 0,
    rate: int = HZ,
    layout: str = "mono",
    usual: int = 0,
    turned: float = 0,
    codec: str = "libx264",
    shape: Fraction | None = None,
    title: str = "",
    fps: int = 10,
) -> Path:
    """Make a film, its left half dark with a red corner, and a tone of a second as sound.

    usual: the index of the stream that is played by default
    """
    width, height = size
    with av.open(path, "w") as container:
        container.metadata.update({"title": title} if title else {})
        options = {"crf": "5"} if codec == "libx264" else {}
        picture: Any = container.add_stream(codec, rate=fps, options=options)
        picture.width, picture.height = size
        picture.pix_fmt = "bgr0" if codec == "ffv1" else "yuv420p"
        base = Fraction(1, fps if codec == "mpeg2video" else 1000)
        picture.codec_context.time_base = base
        if shape:
            picture.codec_context.sample_aspect_ratio = shape
        if turned:
            picture.set_display_rotation(turned)
        voices: list[Any] = [container.add_stream(name, rate=rate, layout=layout) for name in sound]
        if usual:
            container.streams[usual].disposition = Disposition.default
        packets = []
        for i, time in enumerate(times):
            pixels = np.zeros((height, width, 3), np.uint8)
            pixels[:, width // 2 :] = 20 * i % 256
            pixels[: height // 4, : width // 4] = 255, 0, 0
            frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format=picture.pix_fmt)
            frame.pts, frame.time_base = round(time / base), base
            packets += picture.encode(frame)
        packets += picture.encode()
        for voice in voices:
            packets += tone(voice, sound_from)
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path


def tone(voice: Any, start: float) -> Iterator[Any]:
    """Encode a second of a tone, the same in all channels."""
    wave = (8000 * np.sin(np.arange(voice.rate) / 16)).astype(np.int16)
    n = len(voice.layout.channels)
    for at in range(0, voice.rate, 1024):
        samples = np.repeat(wave[at : at + 1024], n)[None]
        frame = av.AudioFrame.from_ndarray(samples, "s16", voice.layout.name)
        frame.sample_rate, frame.time_base = voice.rate, Fraction(1, voice.rate)
        frame.pts = at + round(start * voice.rate)
        yield from voice.encode(frame)
    yield from voice.encode()


def sounds(path: Path) -> list[tuple[str, float]]:
    """List the codec and the start of every sound, in seconds after the first picture."""
    with av.open(path) as container:
        picture = container.streams.video[0]
        assert picture.start_time is not None
        assert picture.time_base
        first = picture.start_time * picture.time_base
        return [
            (
                voice.codec_context.name,
                float((voice.start_time or 0) * (voice.time_base or 0) - first),
            )
            for voice in container.streams.audio
        ]


def heard(path: Path) -> list[bytes]:
    """List the packets of the first sound."""
    with av.open(path) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.dts is not None]


def times(film: Film) -> list[float]:
    return [float(frame.time) for frame in film.frames()]


def inverted(frames: Iterator[Frame]) -> Iterator[Frame]:
    for frame in frames:
        yield replace(frame, pixels=255 - frame.pixels)


def told(film: Film, path: Path, **settings: Any) -> list[str]:
    """Save a film, and list what is said meanwhile, without its name."""
    with listening() as said:
        film.save(path, **settings)
    return [line.removeprefix(f"{film.path}: ") for line in said]


def cut(source: Path, target: Path, seconds: float) -> Path:
    """Copy the beginning of a film, so that what is made of it takes less long."""
    with av.open(source) as given, av.open(target, "w") as made:
        streams = {s.index: made.add_stream_from_template(s) for s in given.streams}
        for packet in given.demux():
            if packet.pts is not None and packet.pts * packet.time_base < seconds:
                packet.stream = streams[packet.stream.index]
                made.mux(packet)
    return target
