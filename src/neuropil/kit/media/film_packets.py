"""The packets of a film, on one line of time, and the damage that is met when they are decoded.

PyAV is imported once there is a film.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from neuropil.kit.media.film_container import Tell, find_start

if TYPE_CHECKING:
    from av import Packet
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

TIME_STARTS_AGAIN = Fraction(1, 5)  # seconds that a packet lies before the last one of its stream
TIME_JUMPS = Fraction(10)  # seconds after all others, where a broadcast may begin a new time
MOST_TOLD = 5  # places of damage
TELLING_LENGTH = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "flv")  # of which kinds' heads
EARLY = 1.0  # seconds before the told end that a film ends early


@dataclass(eq=False)
class Timeline:
    """Brings the times of packets to one line that starts at zero.

    Files that were put one behind the other (`cat a.vob b.vob`) start their time again: from there
    on all is shifted, picture and sound by the same, to where the film had come.

    jumps: whether time may also jump ahead, as in a broadcast
    last: the moment of the last packet of each stream, in seconds
    reached: where all of them have come, in seconds
    end: the end of what is shown last, in seconds
    """

    shift: Fraction
    jumps: bool
    last: dict[int, Fraction] = field(default_factory=dict)
    reached: Fraction = Fraction(0)
    end: Fraction = Fraction(0)

    def place(self, packet: "Packet[Any]") -> None:
        """Move a packet to its place."""
        base, index = packet.time_base, packet.stream.index
        if packet.dts is not None:  # it goes up and up, as times of frames need not
            moment = packet.dts * base + self.shift
            again = moment < self.last.get(index, moment) - TIME_STARTS_AGAIN
            if again or (self.jumps and self.last and moment > self.reached + TIME_JUMPS):
                self.shift += self.reached - moment
                moment = self.reached
            self.last[index] = moment
            self.reached = max(self.reached, moment + (packet.duration or 0) * base)
        late = round(self.shift / base)
        packet.dts = None if packet.dts is None else packet.dts + late
        if packet.pts is not None:
            packet.pts += late
            self.end = max(self.end, (packet.pts + (packet.duration or 0)) * base)


@dataclass(eq=False)
class Damage:
    """Counts what can't be decoded, whole or in part, and says it in the end."""

    what: str
    skipped: list[str] = field(default_factory=list)
    mended: list[str] = field(default_factory=list)  # by the decoder, from what is around

    def decode(
        self, stream: "VideoStream | AudioStream", packet: "Packet[Any] | None"
    ) -> list[Any]:
        """Decode a packet, None at the end; what is damaged is left out."""
        import av

        try:
            frames: list[Any] = stream.decode(packet)
        except av.MemoryError:
            raise
        except av.FFmpegError:
            self.skipped.append(_place(packet))
            return []
        for frame in frames:
            if frame.is_corrupt:
                self.mended.append(_place(packet))
            frame.time_base = frame.time_base or stream.time_base  # the last ones have none
        return frames

    def tell(self, tell: Tell) -> None:
        """Say how many were skipped or mended, and where."""
        fates = {"skipped": self.skipped, "shown with what could be read": self.mended}
        for fate, places in fates.items():
            if n := len(places):
                more = f" and {n - MOST_TOLD} more" if n > MOST_TOLD else ""
                where = ", ".join(places[:MOST_TOLD])
                what = f"{n} damaged {self.what}{'s' * (n > 1)}"
                tell(f"{what} {fate}, at {where}{more}; the rest is kept")


def _place(packet: "Packet[Any] | None") -> str:
    """Word the moment of a packet."""
    if packet is None or packet.pts is None:
        return "a moment that isn't told" if packet else "the end"
    return f"{float(packet.pts * packet.time_base):.2f} s"


def read_packets(
    source: "InputContainer", streams: "Iterable[VideoStream | AudioStream]", tell: Tell
) -> "Iterator[Packet[Any]]":
    """Read the packets of some streams, in the order of the file, up to where it can't be read."""
    import av

    streams = tuple(streams)
    jumps = source.format.flags & cast(int, av.format.Flags.ts_discont.value)
    timeline = Timeline(-find_start(source), bool(jumps))
    try:
        for packet in source.demux(*streams):
            if packet.size or packet.dts is not None:  # others mark an end
                timeline.place(packet)
                yield packet
        _tell_early_end(source, streams, float(timeline.end), tell)
    except av.FFmpegError as error:
        reached = float(timeline.reached)
        tell(f"damaged at {reached:.2f} s ({error.strerror}); what follows is left out")


def _tell_early_end(
    source: "InputContainer", streams: "Sequence[VideoStream | AudioStream]", end: float, tell: Tell
) -> None:
    """Say it of streams that end long before the moment that their file tells."""
    told = _said_length(source, streams) if source.format.name in TELLING_LENGTH else None
    if told and end < told - EARLY:
        tell(f"it ends at {end:.2f} s, of {told:.2f} s that it is said to have; cut off")


def _said_length(
    source: "InputContainer", streams: "Sequence[VideoStream | AudioStream]"
) -> float | None:
    """Give the length of streams as their file tells it, in seconds; None where it doesn't.

    Where the file tells its own alone, a sound may be shorter than the pictures beside it.
    """
    if all(stream.duration for stream in streams):
        return max(float((s.duration or 0) * (s.time_base or 0)) for s in streams)
    if not source.duration or (source.streams.video and not _has_pictures(streams)):
        return None
    late = max(0, source.start_time or 0)  # some count from the start of the film, some from 0
    return (source.duration - late) / 1e6


def _has_pictures(streams: "Sequence[VideoStream | AudioStream]") -> bool:
    """Tell whether some of the streams are pictures."""
    return any(stream.type == "video" for stream in streams)
