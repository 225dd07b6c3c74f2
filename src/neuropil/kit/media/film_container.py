"""The file that a film is in, opened: which of its streams are the film, and when it starts."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from neuropil.kit.errors import UserError

if TYPE_CHECKING:
    from av import VideoFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

NAMING_OTHERS = frozenset(  # kinds of files that name further ones, which could lie anywhere
    "concat dash hls image2 image2pipe imf lavfi rtp rtsp sap sdp vobsub webm_dash_manifest".split()
)
PLAYLIST = b"#EXTM3U"
PDF = b"%PDF"
PICTURES = frozenset({"ico"})
DEFAULT_FPS = Fraction(25)
SQUARE = Fraction(1)  # shape of a pixel
HIGHEST_FPS = 1000  # more is the clock of a container that knows no rate, as raw DV
LOWEST_FPS = Fraction(1, 60)  # of AVI, whose only clock is this rate; slower ones are damaged
TEXT_AS_FILM = frozenset("adf bin idf tty xbin".split())  # letters drawn on a screen

Tell = Callable[[str], None]


def open_container(
    path: Path, what: str = "film", content: bytes | None = None
) -> "InputContainer":
    """Open a file, and nothing that it names.

    what: what it should be, for the sentence where it is not
    content: its bytes, where they are at hand
    """
    import av

    if content is None and (words := explain_collection(path)):
        raise UserError("input.kind", words, path=path)
    kinds = av.formats_available - NAMING_OTHERS - TEXT_AS_FILM - PICTURES
    moving = sorted(kind for kind in kinds if not kind.endswith("_pipe"))  # others are pictures
    try:
        return av.open(
            f"file:{path}"  # else a name with a colon is taken for an address
            if content is None
            else io.BytesIO(content),
            "r",
            container_options={"format_whitelist": ",".join(moving)},
            metadata_errors="replace",  # old programs wrote Latin-1
        )
    except av.ArgumentError as error:
        words = f"{path} is no {what}, or a list of other files, which is not followed"
        words += f"; name a {what}"
        raise UserError("input.kind", words, path=path) from error
    except av.FFmpegError as error:
        words = f"{path} can't be read as a {what}: {error.strerror}; find a whole copy"
        raise UserError("input.damaged", words, path=path) from error


def explain_collection(path: Path) -> str | None:
    """Say of a file that only holds or names others, a playlist or a PDF, what to do instead."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError:
        return None
    if start.startswith(PLAYLIST):
        return f"{path} is a list of other files, which is not followed; name one of them"
    if start.startswith(PDF):
        return f"{path} is a PDF, which is not read; save its pages as PNG, and name these"
    return None


def list_pictures(source: "InputContainer") -> "list[VideoStream]":
    """List the moving pictures; the cover of a song is none."""
    from av.stream import Disposition

    return [
        stream
        for stream in source.streams.video
        if stream.codec_context and not stream.disposition & Disposition.attached_pic
    ]


def holds_film(path: Path) -> bool:
    """Tell by its content whether a file is a film, whatever its name ends in."""
    try:
        with open_container(path) as source:
            return bool(list_pictures(source))
    except UserError:
        return False


def find_picture(path: Path, source: "InputContainer") -> "VideoStream":
    """Find the film among the streams: the one that players show by default."""
    from av.stream import Disposition

    streams = list_pictures(source)
    if not streams:
        raise UserError("input.kind", f"{path} has no moving picture in it; name a film", path=path)
    usual = (stream for stream in streams if stream.disposition & Disposition.default)
    return next(usual, streams[0])


def list_sounds(source: "InputContainer") -> "tuple[AudioStream, ...]":
    """List the sounds that can be read."""
    known = (stream for stream in source.streams.audio if stream.codec_context)
    return tuple(stream for stream in known if stream.channels and stream.rate)


def tell_left_out(source: "InputContainer", tell: Tell) -> None:
    """Say which streams are not carried over."""
    n_unreadable = len(source.streams.audio) - len(list_sounds(source))
    counts = {
        "further track{s} of pictures": len(list_pictures(source)) - 1,
        "track{s} of sound that can't be read": n_unreadable,
        "track{s} of subtitles": len(source.streams.subtitles),
    }
    for what, n in counts.items():
        if n > 0:
            tell(f"left out: {n} {what.format(s='s' * (n > 1))}")


def find_damaged_rate(stream: "VideoStream") -> Fraction | None:
    """Find the rate of an AVI that can't be; its frames have no other times. None of a good one."""
    rate = stream.average_rate
    if stream.container.format.name != "avi" or not rate or LOWEST_FPS <= rate <= HIGHEST_FPS:
        return None
    return rate


def read_rate(stream: "VideoStream") -> Fraction:
    """Give the frames a second."""
    if find_damaged_rate(stream):
        return DEFAULT_FPS
    rates = (stream.average_rate, stream.guessed_rate)
    return next((rate for rate in rates if rate and rate <= HIGHEST_FPS), DEFAULT_FPS)


def find_start(source: "InputContainer") -> Fraction:
    """Find the moment at which the file begins, which becomes zero: some start hours late."""
    streams: list[VideoStream | AudioStream] = [*source.streams.video, *source.streams.audio]
    starts = [s.start_time * read_tick(s) for s in streams if s.start_time is not None]
    return max(Fraction(0), min(starts, default=Fraction(0)))


def read_tick(ticking: "VideoStream | AudioStream | VideoFrame") -> Fraction:
    """Give the seconds of a tick."""
    assert ticking.time_base, "every container has a clock, and its frames take it"
    return ticking.time_base


def read_pixel_aspect(stream: "VideoStream", width: int) -> Fraction:
    """Read how wide a pixel is by its height; width: of the upright picture."""
    aspect = stream.sample_aspect_ratio or SQUARE
    lies = stream.width != stream.height == width  # the camera was held on its side
    return 1 / aspect if lies else aspect
