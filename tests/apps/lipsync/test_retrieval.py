"""The library of mouths, and mouths chosen out of it."""

import itertools

import numpy as np
import pytest
from lipsync_data import draw_face, face_points

from neuropil.apps.lipsync import library as library_module
from neuropil.apps.lipsync.library import LibraryBuilder, MouthLibrary, cut_lower_face, poses
from neuropil.apps.lipsync.retrieval import (
    JUMP,
    Shelf,
    Targets,
    choose_mouths,
    find_next,
)


def build(openings: list[float], start: int = 0) -> MouthLibrary:
    builder = LibraryBuilder()
    for number, opening in enumerate(openings, start):
        points = face_points(opening)
        builder.add(number, draw_face(points, (160, 160)), points)
    return builder.finish()


def test_a_crop_shows_the_lower_face_where_its_points_say() -> None:
    points = face_points(0.2)
    pixels = draw_face(points, (160, 160))
    (x0, y0, x1, y1), crop = cut_lower_face(pixels, points)
    assert np.array_equal(crop, pixels[y0:y1, x0:x1])
    jaw = points[1:16]
    assert x0 < jaw[:, 0].min()
    assert x1 > jaw[:, 0].max()
    assert y1 > jaw[:, 1].max() or y1 == 160
    library = build([0.2])
    assert library.points[0] == pytest.approx(points - [x0, y0], abs=1e-3)
    assert np.abs(library.decode(0).astype(int) - crop).mean() < 4


def test_a_crop_stays_inside_the_frame() -> None:
    points = face_points(0.2, center=(5.0, 150.0))
    (x0, y0, x1, y1), crop = cut_lower_face(np.zeros((160, 160, 3), np.uint8), points)
    assert (x0, y1) == (0, 160)
    assert crop.shape == (y1 - y0, x1 - x0, 3)
    assert crop.size


def test_thumbnails_tell_mouths_apart_and_not_places() -> None:
    open_mouth, closed = face_points(0.3), face_points(0.0)
    moved = open_mouth + np.array([9, -6])
    a, b, c = (
        library_module.draw_thumbnail(draw_face(p, (160, 160)), p)
        for p in (open_mouth, closed, moved)
    )
    assert np.square(a - c).mean() < 0.1 * np.square(a - b).mean()


def test_a_long_film_keeps_runs_evenly_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_module, "MOST", 60)
    library = build([0.1] * 200)
    assert len(library) <= 60
    kept = library.frames // library_module.RUN
    assert set(kept.tolist()) == {0, 4}
    assert library.follows().sum() == len(library) - 2


def test_poses_tell_turns_of_the_head() -> None:
    straight = face_points()
    angle = 0.3
    rolled = straight @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = straight.copy()
    turned[30, 0] += 8
    found = poses(np.stack([straight, rolled, turned]))
    assert found[1] - found[0] == pytest.approx([0.3, 0, 0], abs=1e-9)
    assert found[2] - found[0] == pytest.approx([0, 0.2, 0], abs=1e-9)


def random_shelf(n: int, rng: np.random.Generator) -> Shelf:
    next_mouth = np.where(rng.random(n) < 0.7, np.arange(1, n + 1), -1)
    next_mouth[-1] = -1
    thumbnails = rng.standard_normal((n, 192)).astype(np.float32)
    return Shelf(
        rng.uniform(0, 0.1, (n, 2)), rng.uniform(-0.1, 0.1, (n, 3)), thumbnails, next_mouth
    )


def test_the_path_is_the_cheapest_of_all() -> None:
    rng = np.random.default_rng(0)
    shelf = random_shelf(5, rng)
    targets = Targets(rng.uniform(0, 0.1, (4, 2)), rng.uniform(-0.1, 0.1, (4, 3)))

    def cost(path: tuple[int, ...]) -> float:
        total = 0.0
        for t, mouth in enumerate(path):
            one = np.array([mouth])
            total += shelf.match_costs(targets.shapes[t], targets.poses[t], one)[0]
            if t:
                total += shelf.move_costs(np.array([path[t - 1]]), one)[0, 0]
        return total

    best = min(itertools.product(range(5), repeat=4), key=cost)
    assert tuple(choose_mouths(targets, shelf)) == best


def test_frames_that_follow_each_other_are_free_and_jumps_are_not() -> None:
    shelf = random_shelf(6, np.random.default_rng(1))
    before = int(np.flatnonzero(shelf.next >= 0)[0])
    costs = shelf.move_costs(np.array([before]), np.arange(6))[0]
    assert costs[shelf.next[before]] == 0
    others = np.delete(costs, shelf.next[before])
    assert (others >= JUMP).all()


def test_a_film_that_is_asked_for_its_own_mouths_gives_them_back() -> None:
    openings = np.random.default_rng(3).uniform(0, 0.3, 12)
    library = build(openings.tolist())
    shapes = openings[:, None]
    own = poses(library.points.astype(float))
    shelf = Shelf(shapes, own, library.thumbnails, find_next(library))
    assert choose_mouths(Targets(shapes, own), shelf).tolist() == list(range(12))


def test_nothing_is_asked_nothing_is_chosen() -> None:
    shelf = random_shelf(3, np.random.default_rng(0))
    assert choose_mouths(Targets(np.zeros((0, 2)), np.zeros((0, 3))), shelf).shape == (0,)


def test_what_follows_is_the_next_frame_and_no_other() -> None:
    library = build([0.1, 0.2, 0.3])
    apart = MouthLibrary(library.crops, library.points, np.array([4, 5, 9]), library.thumbnails)
    assert find_next(apart).tolist() == [1, -1, -1]
