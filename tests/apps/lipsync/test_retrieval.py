"""The library of mouths, and mouths chosen out of it."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from lipsync_data import draw_face, face_points

from neuropil.apps.lipsync import library as library_module
from neuropil.apps.lipsync.library import LibraryBuilder, MouthLibrary, cut_lower_face, poses
from neuropil.apps.lipsync.retrieval import (
    JUMP,
    STEP,
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
    poses, lights = rng.uniform(-0.1, 0.1, (n, 3)), rng.uniform(3, 4, (n, 3))
    return Shelf(rng.uniform(0, 0.1, (n, 2)), poses, lights, thumbnails, next_mouth)


def random_targets(n: int, rng: np.random.Generator) -> Targets:
    return Targets(
        rng.uniform(0, 0.1, (n, 2)), rng.uniform(-0.1, 0.1, (n, 3)), rng.uniform(3, 4, (n, 3))
    )


def test_the_path_is_the_cheapest_of_all() -> None:
    rng = np.random.default_rng(0)
    shelf = random_shelf(5, rng)
    targets = random_targets(4, rng)

    def cost(path: tuple[int, ...]) -> float:
        total = 0.0
        for t, mouth in enumerate(path):
            one = np.array([mouth])
            total += shelf.match_costs(targets, t)[mouth]
            if t:
                step = targets.shapes[t] - targets.shapes[t - 1]
                total += shelf.move_costs(np.array([path[t - 1]]), one, step)[0, 0]
        return total

    best = min(itertools.product(range(5), repeat=4), key=cost)
    assert tuple(choose_mouths(targets, shelf)) == best


def test_frames_that_follow_each_other_are_free_and_jumps_are_not() -> None:
    shelf = random_shelf(6, np.random.default_rng(1))
    before = int(np.flatnonzero(shelf.next >= 0)[0])
    after = int(shelf.next[before])
    step = shelf.shapes[after] - shelf.shapes[before]
    costs = shelf.move_costs(np.array([before]), np.arange(6), step)[0]
    assert costs[after] == pytest.approx(0, abs=1e-9)
    others = np.delete(costs, [before, after])
    assert (others >= JUMP).all()


def test_to_stay_is_free_where_nothing_moves_and_dear_where_speech_does() -> None:
    shelf = random_shelf(6, np.random.default_rng(1))
    one = np.array([2])
    assert shelf.move_costs(one, one, np.zeros(2))[0, 0] == pytest.approx(0, abs=1e-9)
    assert shelf.move_costs(one, one, np.full(2, 2 * STEP))[0, 0] > JUMP


def test_a_mouth_at_rest_is_still_and_closed_whatever_the_jaw_does_to_the_pose() -> None:
    openings = 0.15 + 0.02 * np.sin(np.arange(40))
    jaw_pulls = np.outer(openings - 0.15, [0.5, -0.5, 0.9])
    shelf = Shelf(
        2.5 * openings[:, None],
        jaw_pulls,
        np.zeros((40, 3)),
        np.outer(openings, np.ones(192)).astype(np.float32),
        np.append(np.arange(1, 40), -1),
    )
    rest = np.full((40, 1), 2.5 * openings.min())
    chosen = choose_mouths(Targets(rest, jaw_pulls, np.zeros((40, 3))), shelf)
    assert len(set(chosen.tolist())) == 1
    assert openings[chosen[0]] < openings.min() + 0.001


def test_mouths_of_another_light_are_left_where_there_are_others() -> None:
    rng = np.random.default_rng(5)
    dark = np.arange(40) % 2 == 1
    lights = np.where(dark, 3.6, 4.5)[:, None] + np.zeros(3)
    shelf = Shelf(
        np.repeat(rng.uniform(0, 0.3, (20, 1)), 2, axis=0)[:, :1] + 0.02 * dark[:, None],
        np.zeros((40, 3)),
        lights,
        np.zeros((40, 192), np.float32),
        np.full(40, -1),
    )
    wanted = Targets(shelf.shapes, np.zeros((40, 3)), np.full((40, 3), 4.5))
    assert not dark[choose_mouths(wanted, shelf)].any()


def test_light_is_told_by_the_skin_around_the_mouth() -> None:
    points = face_points(0.2)
    pixels = draw_face(points, (160, 160))
    bright, dim = (library_module.measure_light(p, points) for p in (pixels, pixels // 2))
    assert bright - dim == pytest.approx(np.log([2, 2, 2]), abs=0.1)
    library = build([0.1, 0.2], 7)
    assert library.lights_at(np.array([0, 7, 8, 99])) == pytest.approx(library.lights[[0, 0, 1, 1]])


def test_a_film_that_is_asked_for_its_own_mouths_gives_them_back() -> None:
    openings = np.random.default_rng(3).uniform(0, 0.3, 12)
    library = build(openings.tolist())
    shapes = openings[:, None]
    own = poses(library.points.astype(float))
    lights = library.lights.astype(float)
    shelf = Shelf(shapes, own, lights, library.thumbnails, find_next(library))
    assert choose_mouths(Targets(shapes, own, lights), shelf).tolist() == list(range(12))


def test_nothing_is_asked_nothing_is_chosen() -> None:
    shelf = random_shelf(3, np.random.default_rng(0))
    nothing = Targets(np.zeros((0, 2)), np.zeros((0, 3)), np.zeros((0, 3)))
    assert choose_mouths(nothing, shelf).shape == (0,)


def test_what_follows_is_the_next_frame_and_no_other() -> None:
    library = build([0.1, 0.2, 0.3])
    apart = replace(library, frames=np.array([4, 5, 9]))
    assert find_next(apart).tolist() == [1, -1, -1]
