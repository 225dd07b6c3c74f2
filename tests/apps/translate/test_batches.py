"""What a batch holds, and how often each pair is in one."""

from typing import get_args

import numpy as np
import pytest
from translate_data import write_data

from neuropil.apps.translate.casing import N_CASES
from neuropil.apps.translate.lab import batches
from neuropil.apps.translate.lab.batches import EDGES, OFTEN, Buckets
from neuropil.apps.translate.lab.data import Kind, Pair
from neuropil.apps.translate.preprocess import END, FROM, PAD, TO, decode, vocabulary_size
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Split[object]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches, "COMPOSED", 50)
        return batches.examples(write_data(tmp_path_factory.mktemp("data")))


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "N_CHARACTERS", 2000)


@pytest.fixture
def whole_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take all that is drawn, so that shares can be counted."""
    monkeypatch.setattr(batches, "POOL", 1)
    monkeypatch.setattr(batches, "N_CHARACTERS", 12_000)


def split_of(*pairs: Pair) -> Split[object]:
    return Split[object](batches.sort_by_length(pairs), ())


def test_buckets_hold_every_pair_once_by_its_longer_text(examples: Split[object]) -> None:
    buckets = examples.train
    assert isinstance(buckets, Buckets)
    for low, high, pairs in zip((0, *EDGES), EDGES, buckets.pairs, strict=False):
        assert all(low < max(len(p.english), len(p.other)) <= high for p in pairs)
    assert buckets.shares.sum() == pytest.approx(1)


def test_a_batch_depends_on_its_step_alone(examples: Split[object]) -> None:
    first, again = (batches.make_batch(examples, TrainingStep(3, 5, 9)) for _ in range(2))
    other = batches.make_batch(examples, TrainingStep(3, 6, 9))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert (
        first["source"].shape != other["source"].shape or (first["source"] != other["source"]).any()
    )


def test_a_batch_is_what_the_network_takes(examples: Split[object]) -> None:
    for step in range(6):
        batch = batches.make_batch(examples, TrainingStep(step=step, steps=6))
        assert {*batch} == {"source", "source_cases", "target", "target_cases"}
        assert len(batch["source"]) == len(batch["target"]) > 10
        for side in ("source", "target"):
            tokens, cases = batch[side], batch[f"{side}_cases"]
            assert tokens.shape == cases.shape
            assert tokens.max() < vocabulary_size()
            assert cases.max() < N_CASES
            assert ((tokens == END).sum(axis=1) == 1).all()
            assert (tokens != PAD).any(axis=0).all()
        assert np.isin(batch["source"][:, 0], [*TO.values()]).all()
        assert not np.isin(batch["target"], [*TO.values(), *FROM.values()]).any()


@pytest.mark.usefixtures("whole_pool")
def test_both_directions_are_drawn_alike_and_the_source_is_sometimes_told() -> None:
    pair = Pair("We never sleep here", "Wir schlafen hier nie", "de", "sentence")
    source = batches.make_batch(split_of(pair), TrainingStep())["source"]
    assert np.mean(source[:, 0] == TO["en"]) == pytest.approx(0.5, abs=0.1)
    told = np.isin(source[:, 1], [*FROM.values()])
    assert np.mean(told) == pytest.approx(batches.SOURCE_TOLD, abs=0.1)
    english = told & (source[:, 0] == TO["de"])
    assert (source[english, 1] == FROM["en"]).all()


@pytest.mark.usefixtures("whole_pool")
def test_pairs_are_drawn_as_often_as_their_kind_says() -> None:
    kinds = dict(zip(("oboe", "tuba", "horn", "harp", "drum"), get_args(Kind), strict=True))
    pairs = [Pair(word, word, "de", kind) for word, kind in kinds.items()]
    target = batches.make_batch(split_of(*pairs), TrainingStep())["target"]
    texts = [decode([int(t) for t in row], [0] * len(row)) for row in target]
    counts = [sum(word in text for text in texts) for word in kinds]
    share = np.array(counts) / sum(counts)
    weights = np.array([OFTEN[kind] for kind in kinds.values()])
    assert share == pytest.approx(weights / weights.sum(), abs=0.04)


def test_a_text_may_follow_another_of_its_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "JOINED", 1)
    pairs = [Pair("oboe", "oboe", "de", "sentence"), Pair("tuba", "tuba", "fr", "sentence")]
    batch = batches.make_batch(split_of(*pairs), TrainingStep())
    for row in batch["target"]:
        text = decode([int(t) for t in row], [0] * len(row))
        assert text.count("oboe") != 1 or text.count("tuba") != 1


def test_a_batch_is_of_pairs_of_like_length(
    examples: Split[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of a pool hold together what is drawn, and less of them is padding."""

    def padding(pool: int) -> float:
        monkeypatch.setattr(batches, "POOL", pool)
        made = [batches.make_batch(examples, TrainingStep(step=step)) for step in range(6)]
        tokens = [batch[side] for batch in made for side in ("source", "target")]
        return sum(int((t == PAD).sum()) for t in tokens) / sum(t.size for t in tokens)

    assert padding(4) < 0.8 * padding(1)


def test_what_validates_has_all_its_translations() -> None:
    pairs = [Pair("Hi.", "Hallo!", "de", "sentence"), Pair("Hi.", "Grüß dich!", "de", "sentence"),
             Pair("Hi.", "Salut !", "fr", "sentence")]  # fmt: skip
    found = {(c.text, c.direction): c.translations for c in batches.choose_checked(pairs)}
    assert found["Hi.", ("en", "de")] == ("Hallo!", "Grüß dich!")
    assert found["Salut !", ("fr", "en")] == ("Hi.",)
    assert len(found) == 5


def test_few_sentences_of_each_direction_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHECKED", 4)
    pairs = [Pair(f"en {n}", f"de {n}", "de", "sentence") for n in range(11)]
    checked = batches.choose_checked(pairs)
    assert [c.text for c in checked[:4]] == ["de 0", "de 2", "de 4", "de 6"]
    assert len(checked) == 8


def test_what_is_too_long_for_the_network_teaches_nothing() -> None:
    rng = TrainingStep().rng()
    short, long = (Pair("x", "qx" * n, "de", "sentence") for n in (20, 300))
    assert any(batches.encode_group([short], rng) for _ in range(20))
    sides = [batches.encode_group([long], rng) for _ in range(40)]
    assert all(len(side[0].tokens) < 9 for side in sides if side)  # the long text is the target


def test_rows_are_filled_up() -> None:
    assert batches.pad([[5, 6], [7]]).tolist() == [[5, 6], [7, PAD]]
    assert float(vocabulary_size()) < 2**24  # float32 holds every token exactly
