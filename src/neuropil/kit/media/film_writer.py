"""Writing films: frames encoded, sound carried over or encoded anew, in the order of their times.

    write_film("new.mp4", frames, fps=Fraction(25))

MP4 with H.264 and AAC, its index at the front, is what every browser and telephone plays; WebM has
VP9 and Opus. PyAV is imported once there is a film.

Dimension key: H, W height and width.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from neuropil.kit import progress
from neuropil.kit.atomic import atomic_path
from neuropil.kit.errors import UserError, require_ending
from neuropil.kit.formats import QUALITIES, QUALITY
from neuropil.kit.media.film_container import SQUARE, find_damaged_rate, read_pixel_aspect
from neuropil.kit.media.frame import Frame

if TYPE_CHECKING:
    from av import AudioFrame, Packet, VideoFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer, OutputContainer
    from av.container.core import Chapter
    from av.video.stream import VideoStream


@dataclass(frozen=True)
class ContainerFormat:
    """What goes into a container: codecs for picture and sound, and the sounds that may stay.

    copied_audio_codecs: those that players of the kind know, by FFmpeg's names
    is_mp4: whether an index says how long packets last, which goes to the front for pages
    """

    picture: str
    sound: str
    copied_audio_codecs: frozenset[str]
    is_mp4: bool = False


MUSIC = frozenset("aac ac3 alac eac3 mp3 mp3float".split())
RAW = frozenset("pcm_s16be pcm_s16le pcm_s24be pcm_s24le".split())
FREE = frozenset("opus vorbis".split())
KINDS = {
    ".mp4": ContainerFormat("libx264", "aac", MUSIC | {"flac", "opus"}, is_mp4=True),
    ".mov": ContainerFormat("libx264", "aac", MUSIC | RAW, is_mp4=True),
    ".mkv": ContainerFormat(
        "libx264", "aac", MUSIC | FREE | {"dca", "flac", "mp2", "mp2float", "pcm_s16le"}
    ),
    ".webm": ContainerFormat("libvpx-vp9", "libopus", FREE),
}
BT709, LIMITED = 1, 1  # the colors of films, and their range from 16 to 235
USUAL_HZ = 48_000
FEW = {1: "mono", 2: "stereo", 3: "3.0", 5: "5.0", 6: "5.1"}
LAYOUTS = {"aac": {**FEW, 4: "4.0"}, "libopus": {**FEW, 4: "quad"}}  # by encoder and channels
MOST_CHANNELS = 6
AUDIO_BITRATE = 96_000  # of sound a second and channel
TICKS_PER_FRAME = 600  # of the clock to a frame, where we choose it

Route = Callable[[Any], "list[Packet[Any]]"]  # takes a packet or a frame, None at the end
Sounds = Iterator[tuple[int, Any]]  # the index of a stream, and what its route takes
Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Source:
    """Where frames come from: a container, its picture and its sounds, which go along.

    read_sounds: reads all sounds, those of the given indices decoded, others as packets
    width: of the upright picture
    start: moment at which the film begins, in seconds
    """

    container: "InputContainer"
    picture: "VideoStream"
    sounds: "tuple[AudioStream, ...]"
    read_sounds: Callable[[frozenset[int]], Sounds]
    fps: Fraction
    width: int
    start: Fraction


@dataclass(frozen=True, eq=False)
class FilmSound:
    """Sound that was made for a film: frames of samples that follow each other from the start.

    rate: in Hz, one that `choose_sound_rate` gives
    layout: "mono" or "stereo"
    """

    frames: "Iterator[AudioFrame]"
    rate: int
    layout: str


def choose_format(path: Path, quality: int) -> ContainerFormat:
    """Choose by the ending of a name; raises UserError where it or the quality is no good."""
    require_ending(path, KINDS)
    QUALITIES.check("quality", quality)
    return KINDS[path.suffix.lower()]


def write_film(
    path: Path | str,
    frames: Iterable[Frame],
    *,
    fps: Fraction,
    quality: int = QUALITY,
    notes: Mapping[str, str] | None = None,
    sound: FilmSound | None = None,
    pixel_aspect: Fraction = SQUARE,
) -> None:
    """Write frames that come from no file as a film; raises UserError where there is none.

    notes: what the container says of it; of any length in MP4, MKV and WebM
    sound: what goes with it; silent without
    pixel_aspect: width of a pixel by its height
    """
    import av

    path, frames = Path(path), iter(frames)
    kind = choose_format(path, quality)
    first = next(frames, None)
    if first is None:
        raise UserError("input.empty", f"{path} would have no frame; give it some")
    with (
        atomic_path(path) as temporary,
        av.open(temporary, "w", options=list_options(kind)) as target,
    ):
        target.metadata.update(notes or {})
        shape = first.pixels.shape
        picture = add_picture(target, kind.picture, shape, quality, progress.message)
        picture.codec_context.framerate = fps
        if pixel_aspect != SQUARE:
            picture.codec_context.sample_aspect_ratio = pixel_aspect
        picture.time_base = picture.codec_context.time_base = 1 / (fps * TICKS_PER_FRAME)
        sounding = encode_track(target, kind.sound, sound) if sound else iter(())
        moving = encode_frames(itertools.chain([first], frames), picture, 1 / fps, kind)
        for packet in heapq.merge(moving, sounding, key=find_moment):
            target.mux(packet)


def choose_sound_rate(path: Path, rate: int) -> int:
    """Keep a rate that the encoder of sound takes, of a film of that name; else 48 kHz."""
    return _choose_rate(KINDS[path.suffix.lower()].sound, rate)


def write_with_sound(
    path: Path, frames: "Iterator[Frame]", source: Source, quality: int, tell: Tell
) -> None:
    """Write frames that were made of a film's, with its sounds, chapters and notes.

    tell: takes a sentence on each thing that can't be kept as it is
    """
    import av

    kind = choose_format(path, quality)
    with (
        naming_others(path),
        atomic_path(path) as place,
        av.open(place, "w", options=list_options(kind)) as target,
    ):
        target.metadata.update(source.container.metadata)
        target.set_chapters(_shift_chapters(source))
        first = next(frames)  # Film.open has seen that there is one
        picture = add_picture(target, kind.picture, first.pixels.shape, quality, tell)
        set_clock_and_shape(picture, source)
        routes = _add_sounds(target, kind, source, tell)
        moving = encode_frames(itertools.chain([first], frames), picture, 1 / source.fps, kind)
        sounding = _route_sounds(routes, source, kind)
        for packet in heapq.merge(moving, sounding, key=find_moment):
            target.mux(packet)


@contextmanager
def naming_others(path: Path) -> Iterator[None]:
    """Raise UserError, which names other endings, where FFmpeg can't write such a file."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError):  # of the machine
            raise
        possible = ", ".join(suffix for suffix in KINDS if suffix != path.suffix.lower())
        words = f"{path} can't be written: {error.strerror}; end the name in {possible}"
        raise UserError("output.content", words, path=path) from error


def write_gif(
    path: Path, frames: Iterable[NDArray[np.uint8]], colors: NDArray[np.uint8], *, fps: int
) -> None:
    """Write an animation that begins again and again; FFmpeg keeps of a frame only what changed.

    frames: (H, W) each, the numbers of their pixels' colors
    colors: (N, 3), red, green and blue of at most 256
    """
    import av

    palette = np.full((256, 4), 255, np.uint8)  # opaque, red, green, blue
    palette[: len(colors), 1:] = colors
    frames = iter(frames)
    first = next(frames)
    with atomic_path(path) as temporary, av.open(temporary, "w", format="gif") as target:
        stream = target.add_stream("gif", rate=fps)
        stream.height, stream.width = first.shape
        stream.pix_fmt = "pal8"
        for number, numbers in enumerate(itertools.chain([first], frames)):
            indexed: Any = (numbers, palette)  # as pal8 takes it; PyAV's types leave it out
            frame = av.VideoFrame.from_ndarray(indexed, format="pal8")
            frame.pts = number
            target.mux(stream.encode(frame))
        target.mux(stream.encode())


def list_options(kind: ContainerFormat) -> dict[str, str]:
    """Give FFmpeg's options of a container: no numbers drawn by chance, an MP4's index first."""
    return {"fflags": "+bitexact", **({"movflags": "+faststart"} if kind.is_mp4 else {})}


def put_behind(packet: "Packet[Any]", last: int | None) -> int:
    """Give a packet that is copied moments behind the last one's, and return that of decoding."""
    dts = packet.dts if packet.dts is not None else packet.pts or 0
    packet.dts = dts if last is None else max(dts, last + 1)
    packet.pts = packet.dts if packet.pts is None else max(packet.pts, packet.dts)
    return packet.dts


def find_moment(packet: "Packet[Any]") -> Fraction:
    """Give the time of a packet by which it is put into its place, in seconds."""
    assert packet.dts is not None, "only ends of streams have no time, and these are not written"
    return packet.dts * packet.time_base


def _shift_chapters(source: Source) -> "list[Chapter]":
    """Let chapters begin where the film does, at zero."""
    chapters = source.container.chapters()
    for chapter in chapters:
        late = round(source.start / (chapter["time_base"] or 1))
        chapter["start"], chapter["end"] = (chapter[end] - late for end in ("start", "end"))
    return chapters


# Pictures


def add_picture(
    target: "OutputContainer", codec: str, shape: tuple[int, ...], quality: int, tell: Tell
) -> "VideoStream":
    """Add the stream of pictures, of yuv420p, which all players show.

    It cuts colors into 2×2 blocks, which odd sizes don't have. H.264 can't have them then; VP9 cuts
    the last blocks in half.
    """
    factor = min(51, round(18 + 0.4 * (QUALITY - quality)))  # 18: hardly told from the source
    # x264's macroblock tree takes up what memory held before: with it films differ from run to run.
    options = {"crf": str(factor), "preset": "veryfast", "mbtree": "0"}
    if codec == "libvpx-vp9":
        options = {"crf": str(factor * 63 // 51), "cpu-used": "5", "row-mt": "1"}
    stream = cast("VideoStream", target.add_stream(codec, options=options))
    H, W, _ = shape
    odd = (H % 2, W % 2) if codec == "libx264" else (0, 0)
    stream.height, stream.width = H + odd[0], W + odd[1]
    if any(odd):
        even = f"{stream.width} × {stream.height}"
        tell(f"{W} × {H} pixels became {even}: players show even sizes alone; the edge is doubled")
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.color_range, context.colorspace = LIMITED, BT709
    context.color_primaries = context.color_trc = BT709
    return stream


def set_clock_and_shape(stream: "VideoStream", source: Source) -> None:
    """Take over the clock, so that no time has to be rounded, and the shape of a pixel."""
    context, given = stream.codec_context, source.picture
    context.framerate = source.fps
    assert given.time_base, "every container has a clock"
    chosen = 1 / (source.fps * TICKS_PER_FRAME)
    clock = chosen if find_damaged_rate(given) else given.time_base
    stream.time_base = context.time_base = clock
    if given.sample_aspect_ratio:
        context.sample_aspect_ratio = read_pixel_aspect(given, source.width)


def encode_frames(
    frames: Iterable[Frame], stream: "VideoStream", step: Fraction, kind: ContainerFormat
) -> "Iterator[Packet[Any]]":
    """Encode frames; the last lasts as long as it says, or a step where it says nothing.

    The last packet ends the film, but need not be the last frame: frames refer to later ones. MP4
    adds up how long packets last, others take where each of them ends.
    """
    held: Packet[Any] | None = None
    begin = end = first_dts = 0
    for picture in itertools.chain(_to_pictures(frames, stream, step), [None]):
        if picture is not None:
            begin = begin if end else picture.pts or 0
            end = (picture.pts or 0) + picture.duration
        for packet in stream.encode(picture):
            if held is None:
                first_dts = packet.dts or 0
            else:
                yield held
            held = packet
    if held is not None:
        left = end - begin - ((held.dts or 0) - first_dts)
        held.duration = max(1, left if kind.is_mp4 else min(left, end - (held.pts or 0)))
        yield held


def _to_pictures(
    frames: Iterable[Frame], stream: "VideoStream", step: Fraction
) -> "Iterator[VideoFrame]":
    """Bring frames to the size, colors and clock of a stream."""
    import av
    from av.video.reformatter import VideoReformatter

    convert = VideoReformatter()  # one for all: its table of colors takes long to calculate
    colors: dict[str, Any] = {"dst_colorspace": "ITU709", "dst_color_range": LIMITED}
    base, last = stream.codec_context.time_base, -1
    for frame in frames:
        H, W, _ = frame.pixels.shape
        pixels: Any = frame.pixels
        if (stream.height, stream.width) != (H, W):
            pixels = np.pad(pixels, ((0, stream.height - H), (0, stream.width - W), (0, 0)), "edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")
        picture = convert.reformat(picture, format=stream.pix_fmt, **colors)
        last = max(round(frame.time / base), last + 1)
        picture.pts, picture.time_base = last, base
        picture.duration = max(1, round((frame.duration or step) / base))
        yield picture


# Sounds


def _add_sounds(
    target: "OutputContainer", kind: ContainerFormat, source: Source, tell: Tell
) -> dict[int, Route]:
    """Add all streams of sound: the same where they may stay, else encoded anew."""
    return {
        given.index: (
            _copy_sound(target, given)
            if _may_stay(given, kind)
            else _encode_sound(target, kind.sound, given, tell)
        )
        for given in source.sounds
    }


def _may_stay(given: "AudioStream", kind: ContainerFormat) -> bool:
    return given.codec_context.name in kind.copied_audio_codecs


def _copy_sound(target: "OutputContainer", given: "AudioStream") -> Route:
    """Add a stream that takes packets as they are, each later than the one before."""
    stream = target.add_stream_from_template(given)
    stream.metadata.update(given.metadata)
    stream.disposition = given.disposition  # which of several is played, for one
    last: int | None = None

    def copy(packet: "Packet[Any] | None") -> "list[Packet[Any]]":
        nonlocal last
        if packet is None:
            return []
        last = put_behind(packet, last)
        packet.stream = stream
        return [packet]

    return copy


def _encode_sound(target: "OutputContainer", codec: str, given: "AudioStream", tell: Tell) -> Route:
    """Add a stream that encodes anew, of a rate and a layout of speakers that the encoder takes."""
    rate = _choose_rate(codec, given.rate)
    n = min(given.channels, MOST_CHANNELS)
    layout = LAYOUTS[codec][n]
    if rate < given.rate:
        tell(f"its sound of {given.rate} Hz is resampled to {rate} Hz, which {codec} takes")
    if n > 2 and layout != given.layout.name:
        tell(f"its sound of {given.layout.name} is mapped to {layout}, which {codec} takes")
    stream = cast("AudioStream", target.add_stream(codec, rate=rate, layout=layout))
    stream.bit_rate = AUDIO_BITRATE * n
    stream.metadata.update(given.metadata)
    stream.disposition = given.disposition
    reached = Fraction(0)

    def encode(frame: "AudioFrame | None") -> "list[Packet[Any]]":
        nonlocal reached
        if frame is not None and frame.time_base:
            if frame.pts is None:  # damaged files leave it out
                frame.pts = round(reached / frame.time_base)
            reached = frame.pts * frame.time_base + Fraction(frame.samples, frame.sample_rate)
        return [packet for packet in stream.encode(frame) if packet.dts is not None]

    return encode


def encode_track(
    target: "OutputContainer", codec: str, sound: FilmSound
) -> "Iterator[Packet[Any]]":
    """Add a stream for sound that was made, and encode it."""
    stream = cast("AudioStream", target.add_stream(codec, rate=sound.rate, layout=sound.layout))
    stream.bit_rate = AUDIO_BITRATE * stream.channels
    return (
        packet
        for frame in itertools.chain(sound.frames, [None])
        for packet in stream.encode(frame)
        if packet.dts is not None
    )


def _choose_rate(codec: str, given: int) -> int:
    """Keep the rate where an encoder takes it."""
    import av

    if codec == "libopus":
        return USUAL_HZ
    return given if given in (av.Codec(codec, "w").audio_rates or ()) else USUAL_HZ


def _route_sounds(
    routes: Mapping[int, Route], source: Source, kind: ContainerFormat
) -> "Iterator[Packet[Any]]":
    """Send all sound along its routes, decoded where it is encoded anew."""
    if routes:
        decoded = frozenset(each.index for each in source.sounds if not _may_stay(each, kind))
        for index, sound in source.read_sounds(decoded):
            yield from routes[index](sound)
