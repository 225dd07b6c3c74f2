"""The pen let run: lines that know nothing of each other, drawn as the mixtures say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET, encode_text
from neuropil.apps.handwrite.generation import (
    DOWN,
    MAX_BIAS,
    MAX_CHARACTERS,
    MAX_POINTS,
    OVER,
    UP,
    A,
    B,
    DecoderSnapshot,
    LineRequest,
    LineState,
    S,
    WrittenLine,
    generate,
    generate_states,
    initial_inputs,
    reset_row,
    sample_categorical,
    sample_points,
    to_line,
)
from neuropil.apps.handwrite.lab.model import D, M, PenStep
from neuropil.apps.handwrite.lab.train import pen_export
from neuropil.apps.handwrite.probe import replay
from neuropil.apps.handwrite.strokes import FEATURE_SCALE, MAX_CORRELATION
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training.export import round_weights
from neuropil.training.export import write as exported

STYLE = np.linspace(-0.5, 0.5, D).astype(np.float32)


@pytest.fixture(scope="module")
def pen(tmp_path_factory: pytest.TempPathFactory) -> OnnxNetwork:
    """Export a pen of a few cells that puts itself away after some twenty points."""
    torch.manual_seed(5)
    network = PenStep(8, 8).eval()
    with torch.no_grad():
        network.next.bias[6 * M :] = torch.tensor([2.0, 0.5, -0.8])
        for weights in (network.first.weight_ih, network.second.weight_ih):
            weights *= 3  # so that text, style and points tell
    file = tmp_path_factory.mktemp("pen") / "pen.onnx"
    return OnnxNetwork(exported(round_weights(network), pen_export(8, 8), file, {}), threads=1)


def task(text: str, *seed: int, neatness: float = 0.0) -> LineRequest:
    return LineRequest(text, STYLE, neatness, seed)


def all_of(pen: OnnxNetwork, tasks: Sequence[LineRequest]) -> dict[int, WrittenLine]:
    made = list(generate(pen, tasks))
    assert sorted(number for number, _ in made) == list(range(len(tasks)))
    return dict(made)


def same(one: WrittenLine, other: WrittenLine) -> bool:
    """Compare bit for bit."""
    return np.array_equal(one.line, other.line) and np.array_equal(one.letter, other.letter)


# --- lines side by side -------------------------------------------------------------------------


def test_a_line_is_the_same_whatever_is_written_beside_it(pen: OnnxNetwork) -> None:
    tasks = [task(f"line {i} " * (1 + i % 4), i) for i in range(2 * B + 5)]
    together = all_of(pen, tasks)
    order = np.random.default_rng(0).permutation(len(tasks)).tolist()
    shuffled = all_of(pen, [tasks[i] for i in order])
    assert all(same(together[number], shuffled[at]) for at, number in enumerate(order))
    for number in (0, 3, B, 2 * B + 4):
        (alone,) = all_of(pen, [tasks[number]]).values()
        assert same(alone, together[number])
    assert len({len(made.line) for made in together.values()}) > 5


def test_each_of_text_style_seed_and_neatness_matters(pen: OnnxNetwork) -> None:
    plain = task("some words", 1, 2)
    others = [
        replace(plain, text="same words"),
        replace(plain, style=-STYLE),
        replace(plain, seed=(1, 3)),
        replace(plain, neatness=0.1),
        plain,
    ]
    made = all_of(pen, [plain, *others])
    assert [same(made[0], made[i]) for i in range(1, 6)] == [False] * 4 + [True]


def test_lines_beyond_the_rows_are_all_written(pen: OnnxNetwork) -> None:
    assert len(all_of(pen, [task("abc", i) for i in range(3 * B + 1)])) == 3 * B + 1
    assert all_of(pen, []) == {}


def test_a_line_is_handed_over_as_soon_as_it_is_over(pen: OnnxNetwork) -> None:
    tasks = [task("abc", i) for i in range(B)]
    lengths = [len(made.line) for _, made in generate(pen, tasks)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[-1]


# --- a pen that does as it is told --------------------------------------------------------------


class Told(OnnxNetwork):
    """A pen of two Gaussians that goes right by 0.4, writes its calls down, and follows a plan.

    plan: the pen's state after each point
    """

    def __init__(self, plan: Sequence[int]) -> None:
        self.inputs = ("point", "text", "style", "seen", "count")
        self.input_shapes = {
            "point": ["B", 4],
            "style": ["B", D],
            "seen": ["B", A],
            "count": ["B", 1],
        }
        self.plan = np.array(plan)
        self.calls: list[dict[str, NDArray[Any]]] = []

    def run(self, **feeds: Any) -> dict[str, Any]:
        self.calls.append({name: array.copy() for name, array in feeds.items()})
        counts = feeds["count"]
        states = self.plan[np.minimum(counts[:, 0].astype(int), len(self.plan) - 1)]
        mixture = np.zeros((B, 6 * 2 + 3), np.float32)
        mixture[:, 0] = 50  # the first Gaussian is certain
        mixture[:, 2] = 0.4 * FEATURE_SCALE[0]
        mixture[:, 6:10] = -50  # and narrow
        mixture[np.arange(B), 12 + states] = 50
        window = np.eye(S, dtype=np.float32)[(counts[:, 0] // 2 % S).astype(int)]
        seen = feeds["seen"] + 1
        return {
            "mixture": mixture,
            "window": window,
            "next_seen": seen,
            "next_count": counts + 1,
            "next_other": seen,
        }


def test_points_add_up_to_a_line() -> None:
    ((number, made),) = generate(Told([DOWN, DOWN, UP, DOWN, OVER]), [task("abc")])
    assert number == 0
    assert made.line[:, 0] == pytest.approx(0.4 * np.arange(1, 6))
    assert made.line[:, 1] == pytest.approx(np.zeros(5), abs=1e-6)
    assert made.line[:, 2].tolist() == [0, 0, 1, 0, 1]
    assert made.letter.tolist() == [0, 0, 1, 1, 2]


def test_what_comes_out_goes_in_again() -> None:
    pen = Told([DOWN, UP, OVER])
    list(generate(pen, [task("ba")]))
    first, second, third = pen.calls
    assert first["point"][0].tolist() == [0, 0, 0, 0]
    assert second["point"][0] == pytest.approx([1.6, 0, 0, 0])
    assert third["point"][0] == pytest.approx([1.6, 0, 0, 1])
    assert [call["count"][0, 0] for call in pen.calls] == [0, 1, 2]
    assert np.array_equal(third["seen"][0], first["seen"][0] + 2)
    assert set(first) == set(third) == set(pen.inputs)


def test_a_row_begins_anew_with_its_own_text_and_style() -> None:
    pen = Told([DOWN, OVER])
    tasks = [
        LineRequest(text, STYLE * i, 0.0, ()) for i, text in enumerate("abcdefghijklmnopqrstu")
    ]
    assert len(dict(generate(pen, tasks))) == 21
    assert len(pen.calls) == 4
    for call, place, i in ((0, 0, 0), (0, 3, 3), (2, 0, B), (2, 4, B + 4)):
        given = {name: array[place] for name, array in pen.calls[call].items()}
        text = np.zeros(S, np.int64)
        text[0] = encode_text(tasks[i].text)[0]
        assert given["text"].argmax(axis=1).tolist() == text.tolist()
        assert (given["text"].sum(axis=1) == 1).all()
        assert np.array_equal(given["seen"], given["text"][0])
        assert np.array_equal(given["style"], tasks[i].style)
        assert given["count"] == 0
        assert not given["point"].any()


@pytest.mark.parametrize("text", ["a", "some words"])
def test_a_pen_that_runs_away_is_stopped(text: str) -> None:
    each, beside = MAX_POINTS
    made = all_of(Told([DOWN]), [task(text)])[0]
    assert len(made.line) == each * len(text) + beside
    assert made.line[-1, 2] == 1
    assert not made.line[:-1, 2].any()


def test_a_pen_that_only_lifts_writes_on() -> None:
    assert len(all_of(Told([UP, UP, UP, OVER]), [task("abc")])[0].line) == 4


def test_the_longest_line_leaves_room_for_its_end() -> None:
    pen = Told([OVER])
    feeds = initial_inputs(pen)
    reset_row(feeds, 2, task("a" * MAX_CHARACTERS))
    assert S == MAX_CHARACTERS + 1
    assert feeds["text"].shape == (B, S, A)
    assert feeds["text"][2].argmax(axis=1).tolist() == [encode_text("a")[0]] * MAX_CHARACTERS + [0]
    assert not feeds["text"][[0, 1, 3]].any()
    reset_row(feeds, 2, task("b"))
    assert feeds["text"][2].argmax(axis=1).tolist() == [encode_text("b")[0]] + [0] * MAX_CHARACTERS
    assert len(ALPHABET) + 1 == A


def test_a_rows_points_are_its_own() -> None:
    (row,) = generate_states(Told([DOWN, DOWN, OVER]), [task("abc", 3)])
    assert row.states == [DOWN, DOWN, OVER]
    assert len(row.points) == len(row.drawn) == len(row.letters) == 3
    assert len({id(point) for point in row.points}) == 3
    chances = LineState(0, row.task, np.random.default_rng((3,)))
    for point in row.drawn:
        assert (point.k, point.n1, point.n2) == (0, *chances.next_random()[2:])
        assert point.bias == row.task.bias


# --- going on from a pause ---------------------------------------------------------------------


def paused(pen: OnnxNetwork) -> list[tuple[LineState, DecoderSnapshot]]:
    """Write lines until some of them pause at a space."""
    rows = generate_states(pen, [task("a b c", seed) for seed in range(60)])
    found = [(row, kept) for row in rows for kept in row.pauses.values()]
    assert found, "no line paused; take other seeds"
    return found


def test_pauses_are_in_the_air_and_at_spaces(pen: OnnxNetwork) -> None:
    for row, _ in paused(pen):
        for place, kept in row.pauses.items():
            assert row.task.text[place] == " "
            assert (kept.states[-1], kept.letters[-1]) == (UP, place)
            n = len(kept.points)
            assert place not in [
                letter
                for letter, state in zip(row.letters[n:], row.states[n:], strict=True)
                if state == UP
            ]  # the last one of this space


def test_a_pause_is_the_state_after_its_points(pen: OnnxNetwork) -> None:
    for row, kept in paused(pen)[:5]:
        feeds, _ = replay(pen, row, len(kept.points))
        assert kept.state.keys() == feeds.keys() - {"text", "style"}
        for name, array in kept.state.items():
            assert array == pytest.approx(feeds[name][0], abs=1e-5), name


def test_a_line_goes_on_from_a_pause_with_random_numbers_of_its_own(pen: OnnxNetwork) -> None:
    row, kept = paused(pen)[0]
    n, before = len(kept.points), [point.copy() for point in row.points]
    tasks = [replace(row.task, resume_from=kept, seed=(seed,)) for seed in (100, 101)]
    one, other = sorted(generate_states(pen, tasks), key=lambda row: row.number)
    assert np.array_equal(one.points[:n], before[:n])
    assert np.array_equal(other.points[:n], before[:n])
    assert not np.array_equal(one.points[n], other.points[n])
    assert len(one.points) == len(one.states) == len(one.drawn) == len(one.letters) > n
    assert len(kept.points) == n, "what was kept is another line's too"
    assert np.array_equal(row.points, before)


# --- drawing from mixtures ----------------------------------------------------------------------


def sampled(mixture: Sequence[float], n: int, neatness: float = 0.0) -> LineState:
    """Draw n points from one mixture."""
    row = LineState(0, task("abc", 7, neatness=neatness), np.random.default_rng(7))
    rows = [None, row, *[None] * (B - 2)]
    given = np.tile(np.array(mixture, np.float32), (B, 1))
    for _ in range(n):
        point = np.full((B, 4), 9.0, np.float32)
        sample_points(rows, given, point)
        assert (point[[0, *range(2, B)]] == 9).all()
        row.points.append(point[1].copy())
    return row


def steps(row: LineState) -> NDArray[np.float64]:
    """Return dx, dy of points that were all drawn from y = 9."""
    points = np.array(row.points, np.float64)
    assert np.isfinite(points).all()
    return points[:, :2]


def test_points_are_drawn_as_the_mixture_says() -> None:
    weight, pen = np.log([0.25, 0.75]), np.log([0.6, 0.3, 0.1])
    mixture = [*weight, -5, 5, 1, 2, *np.log([0.5, 0.2, 1.5, 0.1]), 3.0, -0.3, *pen]
    row = sampled(mixture, 4000)
    xy, which = steps(row), np.array([point.k for point in row.drawn])
    assert np.mean(which == 0) == pytest.approx(0.25, abs=0.03)
    for k, mean, deviation, tie in ((0, (-5, 1), (0.5, 1.5), 3.0), (1, (5, 2), (0.2, 0.1), -0.3)):
        its = xy[which == k]
        assert its.mean(axis=0) == pytest.approx(mean, abs=0.15)
        assert its.std(axis=0) == pytest.approx(deviation, rel=0.06)
        assert np.corrcoef(its.T)[0, 1] == pytest.approx(MAX_CORRELATION * np.tanh(tie), abs=0.04)
    shares = np.bincount(row.states, minlength=3) / 4000
    assert shares == pytest.approx([0.6, 0.3, 0.1], abs=0.03)


def test_the_height_is_the_one_before_and_the_step() -> None:
    row = sampled([0, 0, 0.5, -50, -50, 0, 50, 0, 0], 1)
    assert row.points[0] == pytest.approx([0, 0.5, 9.5, 0])


def test_the_pen_is_up_at_lifts_and_at_the_end() -> None:
    for state, up in ((DOWN, 0), (UP, 1), (OVER, 1)):
        mixture = [0, 0, 0, 0, 0, 0, *(50.0 * np.eye(3)[state])]
        assert sampled(mixture, 1).points[0][3] == up


def test_a_neat_hand_stays_near_the_mean() -> None:
    mixture = [0, 0, 3, -3, 0, 0, *[0] * 4, 0.5, 0.5, 50, 0, 0]
    off = {}
    for neatness in (0.0, 0.5, 1.0):
        row = sampled(mixture, 400, neatness)
        mean = np.array([[3, 0] if k == 0 else [-3, 0] for k, *_ in row.drawn])
        off[neatness] = (steps(row) - mean).std()
    assert off[0.0] == pytest.approx(1, abs=0.1)
    assert off[0.5] / off[0.0] == pytest.approx(np.exp(-MAX_BIAS / 2), rel=0.05)
    assert off[1.0] / off[0.0] == pytest.approx(np.exp(-MAX_BIAS), rel=0.05)


def test_a_neat_hand_keeps_to_the_likelier_gaussian() -> None:
    mixture = [1, 0, *[0] * 10, 50, 0, 0]
    shares = {
        neatness: np.mean([k == 0 for k, *_ in sampled(mixture, 2000, neatness).drawn])
        for neatness in (0.0, 1.0)
    }
    assert shares[0.0] == pytest.approx(1 / (1 + np.exp(-1)), abs=0.03)
    assert shares[1.0] == pytest.approx(1 / (1 + np.exp(-1 - MAX_BIAS)), abs=0.01)


def test_a_neat_line_is_nearer_to_the_mean_than_a_careless_one(pen: OnnxNetwork) -> None:
    """What was drawn, less what the network held likeliest, is small in a neat line."""
    spread = []
    for neatness in (0.0, 1.0):
        tasks = [task("some words", i, neatness=neatness) for i in range(40)]
        starts = [row.points[0][:2] for row in generate_states(pen, tasks)]
        spread.append(np.std(starts, axis=0))
    assert (spread[1] < 0.5 * spread[0]).all()


def test_one_of_several_is_drawn_by_shares() -> None:
    logits = np.log(np.array([0.2, 0.5, 0.3], np.float32)) + 80
    luck = np.array([0.0, 0.19, 0.21, 0.69, 0.71, 0.999999, 1.0])
    which, share = sample_categorical(np.tile(logits, (7, 1)), luck)
    assert which.tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert np.allclose(share, np.array([0.2, 0.5, 0.3])[which], rtol=1e-5)
    never = np.array([[-np.inf, 0.0], [0.0, -np.inf]], np.float32)
    assert sample_categorical(never, np.array([0.5, 1.0]))[0].tolist() == [1, 0]


def test_chances_are_even_and_normal() -> None:
    row = LineState(0, task("a"), np.random.default_rng(0))
    chances = np.array([row.next_random() for _ in range(3000)])
    assert len(np.unique(chances)) == chances.size
    even, normal = chances[:, :2], chances[:, 2:]
    assert 0 <= even.min() < 0.01
    assert 0.99 < even.max() < 1
    assert normal.mean() == pytest.approx(0, abs=0.06)
    assert normal.std() == pytest.approx(1, abs=0.05)


def test_a_line_is_in_units_of_its_height() -> None:
    points = [[4.0, 2.0, 2.0, 0.0], [8.0, -6.0, -4.0, 0.0]]
    row = LineState(0, task("ab"), np.random.default_rng(0))
    row.points = [np.array(point, np.float32) for point in points]
    row.letters = [0, 1]
    made = to_line(row)
    assert made.line.tolist() == [[1.0, 0.5, 0.0], [3.0, -1.0, 1.0]]
    assert made.letter.tolist() == [0, 1]
    assert row.points[-1][3] == 0
