"""A film with another sound: its pictures copied as they are where the container can hold them.

    write_soundtrack(Path("new.mp4"), film, blocks, rate=48_000, channels=2)

The sound begins where the film does. Pictures that the new container can't hold, and those that
were changed, are encoded anew. PyAV is imported once there is a film.

Dimension key: N samples, C channels.
"""

import heapq
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropil.kit.atomic import atomic_path
from neuropil.kit.audio.audio_writer import to_frames
from neuropil.kit.audio.filtering import Samples, name_layout
from neuropil.kit.formats import QUALITY
from neuropil.kit.media import film_writer
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_container import (
    Tell,
    find_damaged_rate,
    find_picture,
    find_start,
    open_container,
    tell_left_out,
)
from neuropil.kit.media.film_packets import read_packets
from neuropil.kit.progress import tell_of

if TYPE_CHECKING:
    from av import Packet
    from av.container import InputContainer, OutputContainer
    from av.video.stream import VideoStream

WEB = frozenset("vp8 vp9 av1 libdav1d libvpx-vp9 libvpx".split())
USUAL = frozenset("h264 hevc mpeg4 av1 libdav1d vp9 libvpx-vp9".split())
COPIED = {  # codecs of pictures that may go into a container as they are, by FFmpeg's names
    ".mp4": USUAL,
    ".mov": frozenset("h264 hevc mpeg4 prores mjpeg".split()),
    ".mkv": USUAL | WEB | frozenset("mpeg1video mpeg2video mjpeg msmpeg4v3 theora wmv2".split()),
    ".webm": WEB,
}


def write_soundtrack(
    path: Path,
    film: Film,
    blocks: Iterable[Samples],
    *,
    rate: int,
    channels: int,
    quality: int = QUALITY,
) -> None:
    """Write MP4, MOV, MKV or WebM: the pictures of a film, with blocks (N, C) as its only sound.

    quality: 1 to 100, of pictures where they are encoded anew
    """
    import av

    kind = film_writer.choose_format(path, quality)
    tell, layout = partial(tell_of, film.path), name_layout(channels)
    sound = film_writer.FilmSound(to_frames(blocks, rate, layout), rate, layout)
    with (
        film_writer.naming_others(path),
        open_container(film.path) as source,
        atomic_path(path) as place,
        av.open(place, "w", options=film_writer.list_options(kind)) as target,
    ):
        target.metadata.update(source.metadata)
        tell_left_out(source, tell)
        picture = find_picture(film.path, source)
        may_stay = picture.codec_context.name in COPIED[path.suffix.lower()]
        if may_stay and not film.transforms and not find_damaged_rate(picture):
            moving = _copy_picture(source, target, picture, tell)
        else:
            tell("its pictures are encoded anew, for this kind of file")
            moving = _encode_picture(source, target, picture, film, quality, tell)
        sounding = film_writer.encode_track(target, kind.sound, sound)
        for packet in heapq.merge(moving, sounding, key=film_writer.find_moment):
            target.mux(packet)


def _copy_picture(
    source: "InputContainer", target: "OutputContainer", picture: "VideoStream", tell: Tell
) -> "Iterator[Packet[Any]]":
    """Copy the packets of the pictures, each later than the one before."""
    stream = target.add_stream_from_template(picture)
    stream.metadata.update(picture.metadata)

    def copy() -> "Iterator[Packet[Any]]":
        last: int | None = None
        for packet in _tell_dts(read_packets(source, (picture,), tell)):
            last = film_writer.put_behind(packet, last)
            packet.stream = stream
            yield packet

    return copy()


def _tell_dts(packets: "Iterator[Packet[Any]]") -> "Iterator[Packet[Any]]":
    """Give the first packets of a file that knows no moments of decoding, as Matroska, such.

    They lie a tick before each other and before the first one known, or else where they are shown.
    """
    held: list[Packet[Any]] = []
    for packet in packets:
        if packet.dts is None:
            held.append(packet)
            continue
        for number, early in enumerate(held):
            early.dts = min(packet.dts, early.pts or packet.dts) - len(held) + number
        yield from held
        held.clear()
        yield packet
    for packet in held:
        packet.dts = packet.pts or 0
        yield packet


def _encode_picture(
    source: "InputContainer",
    target: "OutputContainer",
    picture: "VideoStream",
    film: Film,
    quality: int,
    tell: Tell,
) -> "Iterator[Packet[Any]]":
    """Encode the frames of a film."""
    kind = film_writer.KINDS[Path(target.name).suffix.lower()]
    shape = (film.height, film.width, 3)
    stream = film_writer.add_picture(target, kind.picture, shape, quality, tell)
    given = film_writer.Source(
        source, picture, (), _read_nothing, film.fps, film.width, find_start(source)
    )
    film_writer.set_clock_and_shape(stream, given)
    return film_writer.encode_frames(film.frames(), stream, 1 / film.fps, kind)


def _read_nothing(decoded: frozenset[int]) -> film_writer.Sounds:
    return iter(())
