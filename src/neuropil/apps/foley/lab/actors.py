"""What moves in rendered clips, and when it is heard: hammers, balls, hands, feet, doors, splashes.

An actor is a list of poses at any moment, and the moments at which it makes a sound. Places are in
parts of the frame's height: x from 0 to 4/3, y from 0 (top) to 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator
Times = NDArray[np.float64]

WIDTH = 4 / 3
BURST = 0.3  # share of guns that fire in bursts


@dataclass(frozen=True)
class Pose:
    """Where a part is at a moment.

    part: number of its sprite; x, y: of its anchor; angle: in radians; wide, high: its size
    opacity: 0 to 1; light: levels by which it is lighter than its texture
    """

    part: int
    x: float
    y: float
    angle: float
    wide: float
    high: float
    opacity: float = 1.0
    light: float = 0.0


Poses = Callable[[float], list[Pose]]


@dataclass(frozen=True)
class Sound:
    """A moment at which something is heard, its strength from 0 to 1, and its form."""

    time: float
    strength: float
    form: str


@dataclass(frozen=True, eq=False)
class Actor:
    """Something that moves; `poses` gives its parts at a moment, `sounds` what is heard."""

    poses: Poses
    sounds: tuple[Sound, ...] = ()


@dataclass(frozen=True)
class ArmStroke:
    """How an arm goes up and comes down.

    fast: power of the way down, 2 as by gravity
    rest: seconds between hits beyond which it waits before it is raised
    up: share of the time between hits in which it goes up; held: in which it stays there
    rebound: how far it springs back where it waits then
    """

    fast: float = 2.0
    rest: float = 1.1
    up: float = 0.6
    held: float = 0.0
    rebound: float = 0.2


def draw_stroke(rng: Random) -> ArmStroke:
    """Draw how an arm moves."""
    return ArmStroke(
        float(rng.uniform(1.4, 3.0)),
        float(rng.uniform(0.5, 1.5)),
        float(rng.uniform(0.25, 0.7)),
        float(rng.choice([0.0, rng.uniform(0, 0.2)])),
        float(rng.uniform(0.05, 0.4)),
    )


def swing(t: float, hits: Times, stroke: ArmStroke) -> float:
    """Give how far an arm is raised, 0 at each hit: up gently, down ever faster."""
    n = int(np.searchsorted(hits, t, side="right"))
    if n == len(hits):
        return float(0.35 * (1 - np.exp(-6 * (t - hits[-1]))))
    since = hits[n - 1] if n else hits[0] - stroke.rest
    gap = min(hits[n] - since, stroke.rest)
    p = (t - (hits[n] - gap)) / gap
    high = min(1.0, gap / 0.5)
    if p < 0:  # it rests, a little raised by the rebound
        waited = max(t - since, 0)
        return float(stroke.rebound * (1 - np.exp(-8 * waited)) * np.exp(-2 * waited))
    if p < stroke.up:
        q = p / stroke.up
        return float(q * q * (3 - 2 * q) * high)
    down = stroke.up + stroke.held
    q = max(p - down, 0) / (1 - down)
    return float((1 - q**stroke.fast) * high)


def shake(t: float, hits: Times, size: float, hz: float) -> float:
    """Give by how much what was hit still shakes."""
    n = int(np.searchsorted(hits, t, side="right"))
    if n == 0:
        return 0.0
    since = t - hits[n - 1]
    return float(size * np.exp(-9 * since) * np.sin(2 * np.pi * hz * since))


def strengths(hits: Times, rng: Random) -> list[float]:
    """Draw strengths, longer pauses before louder hits."""
    gaps = np.diff(hits, prepend=hits[:1] - 0.6)
    return [float(np.clip(0.3 + 0.5 * gap + rng.normal(0, 0.1), 0.1, 1)) for gap in gaps]


def sounds_of(hits: Times, form: str, rng: Random) -> tuple[Sound, ...]:
    """Say what is heard at each hit."""
    levels = strengths(hits, rng)
    return tuple(Sound(float(t), level, form) for t, level in zip(hits, levels, strict=True))


def make_striker(hits: Times, rng: Random) -> Actor:
    """A stick or hammer that turns about a hand and hits a thing, which shakes.

    Often the arm is seen that moves the hand, and the body, which bends with the arm.
    """
    x, y = rng.uniform(0.35, 1.0), rng.uniform(0.35, 0.85)
    side, long = rng.choice([-1.0, 1.0]), rng.uniform(0.18, 0.5)
    reach, stroke = rng.uniform(0.4, 1.3), draw_stroke(rng)
    level = rng.uniform(-0.3, 0.3)
    thing, hz = rng.uniform(0.1, 0.45), rng.uniform(6, 14)
    shaken, arm = rng.uniform(0, 0.015), rng.uniform(0, 0.12)
    thick = rng.uniform(0.02, 0.07)
    has_body, has_splinters = rng.random() < 0.6, rng.random() < 0.2
    shoulder, bend = side * rng.uniform(0.15, 0.4), rng.uniform(0, 0.05)

    def poses(t: float) -> list[Pose]:
        raised = swing(t, hits, stroke)
        angle = level - raised * reach
        lift = arm * raised
        hand = (x - side * long * np.cos(level), y - long * np.sin(level) - lift)
        turned = angle if side > 0 else np.pi - angle
        tip = (hand[0] + np.cos(turned) * long, hand[1] + np.sin(turned) * long)
        quiver = shake(t, hits, shaken, hz)
        from_body = hand[0] - shoulder, y - long * np.sin(level) - 0.25 - bend * raised
        return [
            *(draw_body(*hand, *from_body) if has_body else ()),
            *(draw_splinters(t, hits, (x, y), thick) if has_splinters else ()),
            Pose(0, x + side * thing * 0.2, y + thing * 0.25 + quiver, 0, thing, thing * 0.5),
            Pose(1, (hand[0] + tip[0]) / 2, (hand[1] + tip[1]) / 2, turned, long, thick),
            Pose(2, *tip, turned, thick * 2.5, thick * 3),
            Pose(3, *hand, turned, 0.12, 0.1),
        ]

    return Actor(poses, sounds_of(hits, "strike", rng))


def draw_body(x: float, y: float, shoulder_x: float, shoulder_y: float) -> list[Pose]:
    """Give the poses of a body and of its arm, from the shoulder to the hand at x, y."""
    across, down = x - shoulder_x, y - shoulder_y
    middle = (x + shoulder_x) / 2, (y + shoulder_y) / 2
    long = float(np.hypot(across, down))
    return [
        Pose(5, shoulder_x - np.sign(across) * 0.1, shoulder_y + 0.3, 0, 0.3, 0.8),
        Pose(7, *middle, float(np.arctan2(down, across)), long + 0.1, 0.1),
    ]


def draw_splinters(t: float, hits: Times, place: tuple[float, float], size: float) -> list[Pose]:
    """Give the poses of what flies off where something is hit."""
    n = int(np.searchsorted(hits, t, side="right"))
    since = t - hits[n - 1] if n else 9.0
    if since > 0.5:
        return []
    made = []
    for k in range(4):
        way = 1.9 * np.sin(7.0 * n + 2.1 * k)
        x, y = place[0] + 0.5 * way * since, place[1] - (1.2 - 0.2 * k) * since + 2.2 * since**2
        made.append(Pose(11, x, y, 9 * since, size * 0.7, size * 0.5))
    return made


def make_drummer(hits: Times, rng: Random) -> Actor:
    """Two strikers who take turns."""
    hands = [make_striker(some, rng) for some in (hits[0::2], hits[1::2]) if len(some)]

    def poses(t: float) -> list[Pose]:
        return [pose for hand in hands for pose in hand.poses(t)]

    heard = (sound for hand in hands for sound in hand.sounds)
    return Actor(poses, tuple(sorted(heard, key=lambda sound: sound.time)))


def make_ball(hits: Times, rng: Random) -> Actor:
    """A ball that bounces."""
    x, drift, floor = rng.uniform(0.2, 1.1), rng.normal(0, 0.12), rng.uniform(0.55, 0.95)
    size, highest = rng.uniform(0.06, 0.22), rng.uniform(0.15, 0.55)

    def poses(t: float) -> list[Pose]:
        n = int(np.searchsorted(hits, t, side="right"))
        since = hits[n - 1] if n else hits[0] - 0.7
        gap = (hits[n] if n < len(hits) else since + 0.5) - since
        p = np.clip((t - since) / gap, 0, 1) if n < len(hits) else 0.0
        height = highest * min(1.0, (gap / 0.7) ** 2) * 4 * p * (1 - p)
        return [Pose(4, x + drift * t, floor - size / 2 - height, 3 * t * drift, size, size)]

    return Actor(poses, sounds_of(hits, "bounce", rng))


def make_clapper(hits: Times, rng: Random) -> Actor:
    """Two hands that clap."""
    x, y = rng.uniform(0.4, 0.95), rng.uniform(0.3, 0.75)
    apart, size, tilt = rng.uniform(0.08, 0.3), rng.uniform(0.1, 0.22), rng.uniform(-0.6, 0.6)
    stroke = draw_stroke(rng)

    def poses(t: float) -> list[Pose]:
        away = swing(t, hits, stroke) * apart
        hands = []
        for part, side in ((3, -1), (5, 1)):
            shift = side * (away + size * 0.22)
            place = x + shift * np.cos(tilt), y + shift * np.sin(tilt)
            hands.append(Pose(part, *place, tilt + 1.5, size, size * 0.45))
        return hands

    return Actor(poses, sounds_of(hits, "clap", rng))


def make_walker(hits: Times, rng: Random) -> Actor:
    """Two feet that walk, or four, each still while it stands."""
    n_feet = int(rng.choice([2, 2, 4]))
    long = rng.uniform(0.2, 0.6) if n_feet == 4 else 0.0  # from the hind legs to the front ones
    y, speed = rng.uniform(0.6, 0.95), rng.uniform(0.15, 0.5) * rng.choice([-1.0, 1.0])
    x = rng.uniform(0.1, 0.5) if speed > 0 else rng.uniform(0.8, 1.2)
    size, lift, leg = rng.uniform(0.06, 0.2), rng.uniform(0.03, 0.12), rng.uniform(0.2, 0.6)
    is_followed = rng.random() < 0.5

    def foot(t: float, which: int) -> tuple[float, float]:
        own = hits[which::n_feet]
        n = int(np.searchsorted(own, t, side="right"))
        landed = own[n - 1] if n else t - 1
        stood = speed * landed
        if n == len(own):
            return stood, 0.0
        begin = max(landed, own[n] - 0.45)
        p = np.clip((t - begin) / max(own[n] - begin, 1e-3), 0, 1)
        return stood + (speed * own[n] - stood) * p, lift * np.sin(np.pi * p)

    def poses(t: float) -> list[Pose]:
        body = speed * t
        shift = -body if is_followed else 0.0
        made = []
        for which in range(n_feet):
            at, high = foot(t, which)
            hip = x + body + shift + (which % 2 - 0.5) * long
            place = x + at + shift + (which % 2 - 0.5) * long, y - high
            made.append(Pose(6 + which % 2, *place, -high * 2, size * 1.6, size * 0.6))
            lean = np.arctan2(leg, place[0] - hip)
            made.append(Pose(1, (place[0] + hip) / 2, place[1] - leg / 2, lean, leg, size * 0.6))
        high = 0.4 if n_feet == 2 else 0.25
        made.append(Pose(0, x + body + shift, y - leg - high / 3, 0, size * 2 + long, high))
        return made

    return Actor(poses, sounds_of(hits, "step", rng))


def make_door(hits: Times, rng: Random) -> Actor:
    """A door that falls shut."""
    x, y, wide = rng.uniform(0.3, 0.9), rng.uniform(0.45, 0.6), rng.uniform(0.2, 0.5)
    side, stroke = rng.choice([-1.0, 1.0]), draw_stroke(rng)

    def poses(t: float) -> list[Pose]:
        turned = swing(t, hits, stroke) * 1.3
        seen = wide * np.cos(turned)
        middle = x + side * (seen - wide) / 2
        return [
            Pose(8, x, y, 0, wide, 0.75),
            Pose(0, middle, y + 0.04 * np.sin(turned), 0, max(seen, 0.01), 0.75, 1, -20 * turned),
        ]

    return Actor(poses, sounds_of(hits, "slam", rng))


def make_splash(hits: Times, rng: Random) -> Actor:
    """Things that fall into water, and drops that rise where they do."""
    xs, level, size = (
        rng.uniform(0.2, 1.1, len(hits)),
        rng.uniform(0.5, 0.8),
        rng.uniform(0.05, 0.15),
    )
    ways = rng.uniform(-0.5, 0.5, (len(hits), 7))
    jumps = rng.uniform(0.5, 1.6, (len(hits), 7))

    def poses(t: float) -> list[Pose]:
        made = []
        for x, hit, way, jump in zip(xs, hits, ways, jumps, strict=True):
            since = t - hit
            if -0.5 < since < 0:
                fallen = (since + 0.5) / 0.5
                made.append(Pose(4, x, level * fallen**2, fallen, size, size))
            for a, b in zip(way, jump, strict=True) if 0 <= since < 0.7 else ():
                rise = level - b * since + 2.2 * since**2
                if rise < level + 0.02:
                    grown = size * (0.5 + since)
                    made.append(Pose(9, x + a * since, rise, a, grown, grown, 0.8, 60))
        return [*made, Pose(10, WIDTH / 2, (1 + level) / 2, 0, WIDTH * 1.2, 1 - level, 0.8)]

    return Actor(poses, sounds_of(hits, "splash", rng))


def fire_bursts(hits: Times, rng: Random) -> Times:
    """Make a burst of shots of some."""
    gap, shots = rng.uniform(0.085, 0.14), rng.integers(1, 9, len(hits))
    ends = np.append(hits[1:], np.inf) - gap
    fired = [hit + gap * np.arange(n) for hit, n in zip(hits, shots, strict=True)]
    return np.concatenate([some[some <= end] for some, end in zip(fired, ends, strict=True)])


def make_blast(hits: Times, rng: Random) -> Actor:
    """A gun that kicks and flashes, or an explosion that grows and fades."""
    hits = fire_bursts(hits, rng) if rng.random() < BURST else hits
    x, y, long = rng.uniform(0.3, 1.0), rng.uniform(0.3, 0.7), rng.uniform(0.15, 0.4)
    grown, kick, slow = rng.uniform(0.15, 0.9), rng.uniform(0, 0.08), rng.uniform(0.04, 0.6)
    glare, has_gun = rng.uniform(60, 200), rng.random() < 0.7

    def poses(t: float) -> list[Pose]:
        n = int(np.searchsorted(hits, t, side="right"))
        since = t - hits[n - 1] if n else 9.0
        back = kick * np.exp(-10 * since) * (since < 1)
        made = [Pose(2, x + back, y - back / 2, -2 * back, long, 0.08)] if has_gun else []
        size = grown * (1 - np.exp(-since / (0.3 * slow + 0.02)))
        if since < 4 * slow:
            fading = float(np.exp(-since / slow))
            place = x - long / 2, y - since * 0.1
            made.append(Pose(9, *place, since, size, size * 0.8, fading, glare * fading))
        return made

    return Actor(poses, sounds_of(hits, "blast", rng))


def make_caller(hits: Times, rng: Random) -> Actor:
    """A head that jerks, its mouth open, at each call."""
    x, y, size = rng.uniform(0.35, 1.0), rng.uniform(0.3, 0.7), rng.uniform(0.2, 0.5)
    jerk, nod, quick = rng.uniform(0.02, 0.09), rng.uniform(0.1, 0.4), rng.uniform(0.05, 0.1)

    def poses(t: float) -> list[Pose]:
        n = int(np.searchsorted(hits, t + quick, side="right"))
        since = t + quick - hits[n - 1] if n else 9.0  # the body starts before the voice
        out = (since / quick) * np.exp(1 - since / quick) if since < 1.5 else 0.0
        place = x + jerk * out, y - jerk * out
        return [
            Pose(0, x - size * 0.2, y + size * 0.7, 0, size, size),
            Pose(4, *place, -nod * out, size, size * 0.8),
            Pose(11, place[0] + size * 0.3, place[1] + size * 0.15, 0, size * 0.3, 0.02 + out / 10),
        ]

    return Actor(poses, sounds_of(hits, "call", rng))


def make_waver(hits: Times, rng: Random) -> Actor:
    """Something that swings to and fro and touches nothing: no sound."""
    x, y, hz = rng.uniform(0.2, 1.1), rng.uniform(0.2, 0.9), rng.uniform(0.3, 2.5)
    far, long, phase = rng.uniform(0.05, 0.3), rng.uniform(0.1, 0.4), rng.uniform(0, 6)
    angle = rng.uniform(0, np.pi)

    def poses(t: float) -> list[Pose]:
        out = far * np.sin(2 * np.pi * hz * t + phase)
        place = x + out * np.cos(angle), y + out * np.sin(angle) / 2
        return [Pose(3, *place, out * 3, long, long * 0.5)]

    return Actor(poses)


def make_passer(hits: Times, rng: Random) -> Actor:
    """Something that passes by, or comes to rest gently: no sound."""
    start, end = rng.uniform(-0.3, 1.6, 2)
    y, down, size = rng.uniform(0.3, 0.9), rng.normal(0, 0.2), rng.uniform(0.1, 0.4)
    begin, takes, gently = rng.uniform(0, 1.5), rng.uniform(0.5, 3), rng.random() < 0.5

    def poses(t: float) -> list[Pose]:
        p = float(np.clip((t - begin) / takes, 0, 1))
        p = p * p * (3 - 2 * p) if gently else (t - begin) / takes
        return [Pose(0, start + (end - start) * p, y + down * p, 0, size, size)]

    return Actor(poses)


SOUNDING: Sequence[Callable[[Times, Random], Actor]] = (
    *(make_striker, make_striker, make_drummer, make_ball, make_clapper, make_walker),
    *(make_door, make_splash, make_blast, make_caller),
)
SILENT: Sequence[Callable[[Times, Random], Actor]] = (make_waver, make_passer)
