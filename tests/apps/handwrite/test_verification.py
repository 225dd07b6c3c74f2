"""Lines read back and written again, by a pen and a reader that follow a plan.

The texts are of x alone; a draft has as many strokes as its plan says, and the reader reads an x
for each stroke: a draft is as many edits off as strokes are too many or too few.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from pens import Counting, Spelling, dashes, points_of, spaces, spelling

from neuropil.apps.handwrite import verification
from neuropil.apps.handwrite.generation import (
    DecoderSnapshot,
    LineRequest,
    LineState,
    WrittenLine,
)
from neuropil.apps.handwrite.styles import nearest, shipped_styles
from neuropil.apps.handwrite.verification import (
    ALONE,
    AT_ONCE,
    DOUBT,
    FAILURES,
    MAX_NEATNESS,
    Draft,
    WriteRequest,
    occurrences,
    write_verified,
)
from neuropil.kit.networks.network import OnnxNetwork

STYLE = np.zeros(len(shipped_styles()["all"][0]), np.float32)


Plan = Mapping[tuple[str, int], Sequence[int]]  # of a text, and how many like it stood before


class Planned(OnnxNetwork):
    """Stand for a pen: the strokes of each attempt are planned, and what is asked for is noted."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.asked: list[list[tuple[str, int]]] = []
        self.kept: list[list[DecoderSnapshot | None]] = []
        self.paused: list[tuple[int, DecoderSnapshot]] = []

    def rows_over(self, tasks: Sequence[LineRequest]) -> Iterator[LineState]:
        self.asked.append([(task.text, task.seed[3]) for task in tasks])
        self.kept.append([task.resume_from for task in tasks])
        for number in reversed(range(len(tasks))):  # the last is over first
            text, (_, _, again, attempt) = tasks[number].text, tasks[number].seed
            row = LineState(number, tasks[number], np.random.default_rng(0))
            points = points_of(dashes(self.plan[text, again][attempt]))
            row.points, row.letters = list(points), [0] * len(points)
            row.pauses = {place: self.pause(place) for place in spaces(text)}
            yield row

    def pause(self, place: int) -> DecoderSnapshot:
        """Make a pause that can be told from others."""
        self.paused.append((place, DecoderSnapshot([], [], [], [], {})))
        return self.paused[-1][1]


@pytest.fixture(autouse=True)
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "generate_states", Planned.rows_over)


def order(*texts: str, tries: int = 16, neatness: float = 0.25, seed: int = 3) -> WriteRequest:
    return WriteRequest(texts, STYLE, neatness, seed, tries)


def one(plan: Sequence[int], tries: int) -> tuple[Draft, list[int]]:
    """Write the line xxx, and tell which attempts were made."""
    pen = Planned({("xxx", 0): plan})
    ((number, draft),) = write_verified(pen, Counting(), order("xxx", tries=tries))
    assert number == 0
    return draft, [attempt for asked in pen.asked for _, attempt in asked]


# --- which draft is taken -----------------------------------------------------------------------


def test_a_first_draft_that_reads_right_is_taken() -> None:
    draft, attempts = one([3], tries=16)
    assert (draft.text, draft.read, draft.edit_distance, draft.attempt) == ("xxx", "xxx", 0, 0)
    assert draft.penned.line == pytest.approx(dashes(3), abs=1e-5)
    assert attempts == [0]


@pytest.mark.parametrize(
    ("plan", "taken", "made"),
    [
        ([5, 3, 3], 1, 3),  # both of the second round read right
        ([5, 4, 3], 2, 3),
        ([4, 9, 9, 9, 9, 3, 3], 5, 7),
    ],
)
def test_the_first_that_reads_right_is_taken_and_no_more_made(
    plan: list[int], taken: int, made: int
) -> None:
    draft, attempts = one(plan, tries=16)
    assert (draft.attempt, draft.edit_distance) == (taken, 0)
    assert attempts == list(range(made))


@pytest.mark.parametrize(
    ("plan", "taken", "errors"),
    [
        ([9, 5, 4, 4, 2], 2, 1),  # equals: the first
        ([2, 9, 9, 9, 9], 0, 1),  # kept from the first round
        ([9, 9, 9, 9, 5], 4, 2),
        ([9, 9, 9, 9, 9], 0, 6),
    ],
)
def test_without_one_the_best_is_taken_after_all_tries(
    plan: list[int], taken: int, errors: int
) -> None:
    draft, attempts = one(plan, tries=5)
    assert (draft.attempt, draft.edit_distance) == (taken, errors)
    assert draft.read == "x" * plan[taken]
    assert draft.penned.line == pytest.approx(dashes(plan[taken]), abs=1e-5)
    assert attempts == [0, 1, 2, 3, 4]


def test_rounds_grow_to_four_drafts() -> None:
    pen = Planned({("xxx", 0): [9] * 14})
    list(write_verified(pen, Counting(), order("xxx", tries=13)))
    rounds = [[attempt for _, attempt in asked] for asked in pen.asked]
    assert rounds == [[0], [1, 2], [3, 4, 5, 6], [7, 8, 9, 10], [11, 12]]
    assert one([9], tries=1)[1] == [0]


def test_only_lines_that_are_not_right_are_written_again() -> None:
    plan = {("x", 0): [1], ("xx", 0): [9, 9, 2], ("xxx", 0): [9, 4, 5], ("xxxx", 0): [4]}
    pen = Planned(plan)
    made = list(write_verified(pen, Counting(), order("x", "xx", "xxx", "xxxx", tries=3)))
    assert [number for number, _ in made] == [0, 3, 1, 2]
    drafts = dict(made)
    assert [drafts[i].attempt for i in range(4)] == [0, 2, 1, 0]
    assert [drafts[i].edit_distance for i in range(4)] == [0, 0, 1, 0]
    assert [drafts[i].text for i in range(4)] == ["x", "xx", "xxx", "xxxx"]
    assert [{text for text, _ in asked} for asked in pen.asked] == [
        {"x", "xx", "xxx", "xxxx"},
        {"xx", "xxx"},
    ]


def test_lines_that_are_right_are_handed_over_before_the_others_are_written() -> None:
    pen = Planned({("x", 0): [9, 9, 1], ("xx", 0): [2]})
    proofs = write_verified(pen, Counting(), order("x", "xx"))
    assert next(proofs)[0] == 1
    assert len(pen.asked) == 1


def test_equal_texts_are_proofread_each_for_itself() -> None:
    pen = Planned({("xx", 0): [9, 2, 9], ("xx", 1): [2]})
    made = dict(write_verified(pen, Counting(), order("xx", "xx")))
    assert (made[0].attempt, made[1].attempt) == (1, 0)


def test_nothing_ordered_nothing_written() -> None:
    pen = Planned({})
    assert list(write_verified(pen, Counting(), order())) == []
    assert pen.asked == []


# --- doubts -------------------------------------------------------------------------------------


def doubted(monkeypatch: pytest.MonkeyPatch, *doubts: Sequence[float]) -> tuple[Draft, Planned]:
    """Write a line that reads right in every draft, of whose words so much is doubted."""
    told = iter(doubts)
    monkeypatch.setattr(verification, "proofread", lambda *given: ("a b c", np.array(next(told))))
    pen = Planned({("a b c", 0): [1] * len(doubts)})
    ((_, draft),) = write_verified(pen, Counting(), order("a b c", tries=len(doubts)))
    return draft, pen


def test_a_line_with_a_word_in_doubt_is_written_again_from_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft, pen = doubted(monkeypatch, [0, 2 * DOUBT, 0], [0, 0, 3 * DOUBT], [0, DOUBT / 2, 0])
    assert (draft.attempt, draft.unsure) == (2, [])
    assert [place for place, kept in pen.paused if kept in pen.kept[1]] == [1], "behind the a"


def test_the_draft_that_is_doubted_least_is_taken_after_all_tries(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft, _ = doubted(monkeypatch, [1, 1, 0], [0, 0, 1.5], [2, 0, 0])
    assert (draft.attempt, draft.unsure, draft.wrong) == (1, [2], [])


# --- going on where it reads right --------------------------------------------------------------


def read_as(text: str, read: str) -> Draft:
    """Make a draft that paused at every space but the first."""
    row = LineState(0, LineRequest(text, STYLE, 0.0, ()), np.random.default_rng(0))
    row.pauses = {place: DecoderSnapshot([], [place], [], [], {}) for place in spaces(text)[1:]}
    return Draft(WrittenLine(dashes(1), np.zeros(2, np.int64)), text, read, 1, np.zeros(9), 0, row)


@pytest.mark.parametrize(
    ("read", "right", "place"),
    [
        ("to be or nut to be", 8, 8),
        ("to be or not to b", 15, 15),
        ("to be o", 5, 5),
        ("to be or", 5, 5),  # more may belong to the word
        ("to bed or not to be", 2, None),  # where the pen did not pause
        ("two be or not to be", -1, None),
        ("", -1, None),
        ("to be or not to be or not", 15, 15),
    ],
)
def test_words_are_kept_up_to_the_first_that_reads_wrong(
    read: str, right: int, place: int | None
) -> None:
    draft = read_as("to be or not to be", read)
    assert draft.correct_prefix == right
    assert (draft.resume_point.states if draft.resume_point else [None]) == [place]


def test_later_drafts_go_on_from_the_furthest(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = iter(["a b x", "a x c", "x b c", "a b c", "x", "x", "x"])
    monkeypatch.setattr(verification, "proofread", lambda *given: (next(reads), np.zeros(3)))
    pen = Planned({("a b c", 0): [1] * 11})
    ((_, draft),) = write_verified(pen, Counting(), order("a b c", tries=11))
    assert (draft.attempt, draft.read) == (3, "a b c")
    first = pen.paused[1][1]  # of the first draft, behind its second word
    assert pen.kept == [[None], [first] * 2, [first] * 4]


# --- words written alone ------------------------------------------------------------------------


def spelled_out(
    text: str, wrong: Mapping[tuple[str, bool], Sequence[str]], tries: int = 32
) -> tuple[Draft, Spelling]:
    pen = Spelling(wrong)
    ((_, draft),) = write_verified(pen, Counting(), order(text, tries=tries))
    return draft, pen


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "generate_states", Spelling.rows_over)
    monkeypatch.setattr(verification, "proofread", spelling)


@pytest.mark.usefixtures("letters")
def test_a_word_that_fails_again_and_again_is_written_alone_and_set_in() -> None:
    draft, pen = spelled_out("ac no sea", {("no", False): ["nu"] * 99})
    assert (draft.read, draft.edit_distance, draft.wrong) == ("ac no sea", 0, [])
    lines = [asked for asked in pen.asked if asked[0] == "ac no sea"]
    assert FAILURES <= len(lines) < FAILURES + AT_ONCE
    assert pen.asked[len(lines) :] == [("no", len(lines) + i) for i in range(AT_ONCE)]
    assert draft.attempt == len(lines)
    assert len({row.number for row, _ in map(draft.behind, range(len(draft.penned.line)))}) <= 2


@pytest.mark.usefixtures("letters")
def test_every_point_of_a_mended_line_is_found_in_the_row_that_made_it() -> None:
    draft, _ = spelled_out("ac no sea", {("no", False): ["nu"] * 99})
    found = [draft.behind(point) for point in range(len(draft.penned.line))]
    texts = [row.task.text for row, _ in found]
    assert texts == ["ac no sea"] * sum(draft.penned.letter < 3) + ["no"] * sum(
        (draft.penned.letter > 2) & (draft.penned.letter < 5)
    ) + ["ac no sea"] * sum(draft.penned.letter > 5)
    places = [row.letters[step] + (3 if row.task.text == "no" else 0) for row, step in found]
    assert places == draft.penned.letter.tolist()
    whole, _ = spelled_out("ac no sea", {})
    assert whole.behind(5) == (whole.row, 5)


@pytest.mark.usefixtures("letters")
def test_a_word_that_fails_alone_too_is_tried_in_the_nearest_styles() -> None:
    alone = ["nu"] * (ALONE + 1)
    draft, pen = spelled_out("ac no", {("no", False): ["nu"] * 99, ("no", True): alone})
    assert draft.edit_distance == 0
    styles = [its for its, (text, _) in zip(pen.styles, pen.asked, strict=True) if text == "no"]
    assert all(np.array_equal(style, STYLE) for style in styles[:ALONE])
    near = nearest(STYLE, 2)
    assert np.array_equal(styles[ALONE : ALONE + 2], near)
    assert np.array_equal(draft.behind(len(draft.penned.line) - 1)[0].task.style, near[1])


@pytest.mark.usefixtures("letters")
def test_a_word_that_reads_no_better_is_not_set_in() -> None:
    never = {("no", False): ["nu"] * 99, ("no", True): ["ou"] * 99}
    draft, pen = spelled_out("ac no sea", never)
    assert (draft.read, draft.attempt, len(draft.pieces)) == ("ac nu sea", 0, 1)
    assert draft.wrong == [1]
    assert [attempt for _, attempt in pen.asked] == list(range(32))


@pytest.mark.usefixtures("letters")
def test_a_word_that_reads_better_is_set_in_although_not_right() -> None:
    better = {("some", False): ["zzzz"] * 99, ("some", True): ["zzme", *["zomz"] * 99]}
    draft, _ = spelled_out("ac some sea", better)
    assert (draft.read, draft.edit_distance) == ("ac zzme sea", 2)


@pytest.mark.usefixtures("letters")
def test_wrong_words_take_turns() -> None:
    wrong = {("no", False): ["nu"] * 99, ("sea", False): ["tea"] * 99, ("no", True): ["nu"] * 2}
    draft, pen = spelled_out("ac no sea", wrong)
    assert draft.read == "ac no sea"
    words = [text for text, _ in pen.asked if text != "ac no sea"]
    assert words[:4] == ["no", "sea", "no", "sea"]
    assert set(words[4:]) == {"no"}, "a word that reads right is let alone"


@pytest.mark.usefixtures("letters")
def test_drafts_that_get_further_are_no_failures() -> None:
    slowly = {("no", False): [*["nu"] * 5, *["no"] * 9], ("sea", False): [*["tea"] * 11, "sea"]}
    _, pen = spelled_out("ac no sea", slowly)
    assert {text for text, _ in pen.asked} == {"ac no sea"}


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("tries", [1, 6, 11, 12, 20])
def test_words_alone_count_among_the_tries(tries: int) -> None:
    never = {("no", False): ["nu"] * 99, ("no", True): ["nu"] * 99}
    _, pen = spelled_out("ac no sea", never, tries)
    assert [attempt for _, attempt in pen.asked] == list(range(tries))


@pytest.mark.usefixtures("letters")
def test_a_mended_line_is_the_same_whatever_is_written_beside_it() -> None:
    class Stern(Spelling):
        def spell(self, word: str, is_alone: bool) -> str:
            return word.replace("o", "u") if not is_alone else word

    def written(*texts: str) -> dict[str, Draft]:
        made = dict(write_verified(Stern({}), Counting(), order(*texts)))
        return {texts[number]: draft for number, draft in made.items()}

    alone = written("ac no sea")["ac no sea"]
    among = written("sea", "so on", "ac no sea", "oo no on")["ac no sea"]
    assert alone.edit_distance == among.edit_distance == 0
    assert alone.attempt == among.attempt
    assert np.array_equal(alone.penned.line, among.penned.line)


def test_some_lines_of_an_order_are_written_alone() -> None:
    pen = Planned({("xx", 0): [2], ("xx", 1): [2]})
    made = dict(write_verified(pen, Counting(), order("xx", "x", "xx"), [2]))
    assert list(made) == [2]
    assert pen.asked == [[("xx", 0)]]


# --- what is ordered ----------------------------------------------------------------------------


def test_every_draft_has_random_numbers_of_its_own() -> None:
    texts = ("so", "so", "as", "so")
    seeds = {
        order(*texts, seed=seed).task(number, attempt).seed
        for seed in (0, 1)
        for number in range(4)
        for attempt in range(5)
    }
    assert len(seeds) == 2 * 4 * 5


def test_random_numbers_depend_on_the_line_alone() -> None:
    alone, among = order("so").task(0, 2), order("as", "so", "it").task(1, 2)
    assert alone.seed == among.seed
    again = order("so", "as", "so").task(2, 2)
    assert again.seed == order("it", "so", "so").task(2, 2).seed
    assert order("so", tries=4).task(0, 1).seed == order("so", tries=16).task(0, 1).seed


def test_lines_are_counted_among_their_likes() -> None:
    assert order("a", "b", "a", "a", "b").occurrences == [0, 0, 1, 2, 1]
    assert occurrences([]) == []


def test_a_task_has_the_text_and_the_style() -> None:
    task = replace(order("so", "as"), style=STYLE + 0.5).task(1, 0)
    assert task.text == "as"
    assert task.style.tolist() == [0.5] * len(STYLE)


def test_later_drafts_are_neater() -> None:
    wanted = order("so", tries=8)
    neat = [wanted.task(0, attempt).neatness for attempt in range(8)]
    assert neat[:4] == [0.25] * 4
    assert neat[4:] == pytest.approx([0.25 + share * 0.75 for share in (0.25, 0.5, 0.75, 1)])
    assert neat[7] == MAX_NEATNESS
    assert {order("so", neatness=1.0).task(0, a).neatness for a in range(16)} == {1.0}


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_a_first_draft_is_as_neat_as_wanted(tries: int) -> None:
    wanted = order("so", tries=tries)
    assert wanted.task(0, 0).neatness == 0.25
    if tries > 1:
        assert wanted.task(0, tries - 1).neatness == MAX_NEATNESS


# --- reading ------------------------------------------------------------------------------------


def test_few_lines_are_in_work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = ["x" * n for n in range(1, 6)]
    plan = {(text, 0): [len(text) + len(text) % 2, len(text)] for text in texts}
    monkeypatch.setattr(verification, "IN_WORK", 2)
    pen = Planned(plan)
    made = dict(write_verified(pen, Counting(), order(*texts, tries=2)))
    assert sorted((n, draft.attempt, draft.edit_distance) for n, draft in made.items()) == [
        (n, (n + 1) % 2, 0) for n in range(5)
    ]
    assert max(len({text for text, _ in asked}) for asked in pen.asked) == 2


def test_equal_lines_are_counted_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    given, left = order(*["a"] * 50), iter([occurrences])
    monkeypatch.setattr(verification, "occurrences", lambda texts: next(left)(texts))
    assert [given.task(number, 0).seed[2] for number in range(50)] == list(range(50))


def test_a_settled_draft_is_a_line_without_its_steps() -> None:
    draft = read_as("to be or not to be", "to be or nut to be")
    draft.row.points = [np.zeros(4, np.float32)]
    settled = draft.settle()
    assert np.array_equal(settled.penned.line, draft.penned.line)
    assert (settled.text, settled.read, settled.wrong) == (draft.text, draft.read, draft.wrong)
    assert (settled.row.points, settled.row.pauses, settled.pieces) == ([], {}, ())
    assert draft.row.points
    assert draft.row.pauses
