"""Strokes: level, of one height, evenly spaced, whatever unit and angle they came in."""

import numpy as np
import pytest

from neuropil.apps.handwrite.strokes import (
    DISTANCE,
    Line,
    apply_affine,
    augment,
    normalize,
    random_affine,
    resample,
    split_strokes,
    stroke_features,
    to_features,
)


def zigzag(n_strokes: int = 12) -> Line:
    """Draw slanted strokes of height 1 to 2 in a row."""
    made = []
    for i in range(n_strokes):
        t = np.linspace(0, 1, 9 + i)
        up = np.zeros(len(t))
        up[-1] = 1
        made.append(np.column_stack([0.8 * i + 0.3 * t, -t * (1 + i % 2) + 0.5, up]))
    return np.concatenate(made)


def turned(line: Line, angle: float, size: float) -> Line:
    x, y = line[:, 0], line[:, 1]
    across = np.cos(angle) * x - np.sin(angle) * y
    down = np.sin(angle) * x + np.cos(angle) * y
    return np.column_stack([size * across + 300, size * down - 70, line[:, 2]])


@pytest.mark.parametrize("angle", [-0.12, 0.0, 0.09])
@pytest.mark.parametrize("size", [0.01, 1.0, 250.0])
def test_angle_place_and_unit_do_not_matter(angle: float, size: float) -> None:
    plain, other = normalize(zigzag()), normalize(turned(zigzag(), angle, size))
    assert other == pytest.approx(plain, abs=0.12)
    low, high = np.percentile(plain[:, 1], (10, 90))
    assert high - low == pytest.approx(1)
    assert plain[:, 0].min() == 0


def test_points_are_evenly_spaced_and_ends_stay() -> None:
    line = normalize(zigzag())
    even = resample(line)
    before, after = split_strokes(line), split_strokes(even)
    assert len(before) == len(after) == 12
    for one, other in zip(before, after, strict=True):
        assert other[[0, -1], :2] == pytest.approx(one[[0, -1], :2])
        steps = np.hypot(*np.diff(other[:, :2], axis=0).T)
        assert np.ptp(steps) < 1e-9
        assert 0.5 * DISTANCE < steps[0] < 1.5 * DISTANCE
        assert other[:, 2].tolist() == [0] * (len(other) - 1) + [1]


def test_dots_and_dashes_are_lines_too() -> None:
    dot = np.array([[5.0, 5.0, 1.0]])
    dash = np.array([[0.0, 3.0, 0.0], [40.0, 3.0, 1.0]])
    for line in (dot, dash, np.concatenate([dash, dot])):
        made = to_features(line)
        assert np.isfinite(made).all()
        assert made.shape[1] == 4
        assert made[-1, 3] == 1


def test_features_add_up_to_the_line() -> None:
    line = resample(normalize(zigzag()))
    made = stroke_features(line)
    assert made.dtype == np.float32
    assert line[0, 0] + made[:, 0].cumsum() == pytest.approx(line[:, 0], abs=1e-4)
    assert made[:, 2] == pytest.approx(line[:, 1], abs=1e-6)
    assert made[:, 1].cumsum() == pytest.approx(line[:, 1], abs=1e-4)  # from y = 0 on
    assert made[0, 0] == 0


def test_distortion_is_drawn_and_gentle() -> None:
    line = normalize(zigzag())
    one, two = (augment(line, np.random.default_rng(seed)) for seed in (0, 1))
    assert augment(line, np.random.default_rng(0)) == pytest.approx(one)
    assert not np.allclose(one, two)
    assert one[:, 2].tolist() == line[:, 2].tolist()
    assert np.abs(one[:, 1] - line[:, 1]).max() < 1.5


def test_the_first_step_comes_from_the_middle() -> None:
    line = np.array([[5.0, 0.7, 0.0], [5.5, -0.1, 1.0]])
    assert stroke_features(line) == pytest.approx(
        np.array([[0, 0.7, 0.7, 0], [0.5, -0.8, -0.1, 1]])
    )


def test_another_hand_slants_and_stretches() -> None:
    rng = np.random.default_rng(1)
    changes = np.array([random_affine(rng) for _ in range(2000)])
    wide, tall = changes[:, 0, 0], changes[:, 1, 1]
    slant = changes[:, 1, 0] / wide
    assert not changes[:, 0, 1].any()  # what is level stays so
    assert [np.log(wide).mean(), np.log(tall).mean()] == pytest.approx([0, 0], abs=0.01)
    assert [np.log(wide).std(), np.log(tall).std()] == pytest.approx([0.12, 0.06], rel=0.1)
    assert 0.19 < slant.max() <= 0.2
    assert -0.2 <= slant.min() < -0.19
    assert max(abs(random_affine(rng, 0.01)[1, 0]) for _ in range(50)) < 0.02


def test_a_change_moves_places_and_leaves_the_pen() -> None:
    change = np.array([[2.0, 0.0], [-0.5, 3.0]])
    line = np.array([[1.0, 1.0, 0.0], [4.0, -2.0, 1.0]])
    assert apply_affine(line, change).tolist() == [[1.5, 3.0, 0.0], [9.0, -6.0, 1.0]]
    assert line.tolist() == [[1.0, 1.0, 0.0], [4.0, -2.0, 1.0]]
