"""The reader's batches, network, loss and score."""

from pathlib import Path

import numpy as np
import pytest
import torch
from reading_data import plain_fonts, plain_scripts, write_reading_data
from torch import nn

from neuropil import registry
from neuropil.apps.translate.alphabet import BLANK, N_OUTPUTS, NUMBERS, encode
from neuropil.apps.translate.lab import reader_batches, reader_training, train
from neuropil.apps.translate.lab.reader_batches import (
    BATCHES,
    CheckedLine,
    Writing,
    make_batches,
    shift_corners,
)
from neuropil.apps.translate.lab.reader_model import ReaderNet
from neuropil.apps.translate.lab.real_lines import RealLine, is_upright
from neuropil.apps.translate.lines import HEIGHT, STEP, Floats
from neuropil.apps.translate.reader import mend_addresses, mend_capitals, mend_liters, read_lines
from neuropil.training.export import export
from neuropil.training.fit import apart
from neuropil.training.recipe import Batch
from neuropil.training.split import Split
from neuropil.training.step import TrainingStep


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Split[object]:
    data = write_reading_data(tmp_path_factory.mktemp("data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader_batches, "find_fonts", lambda _: plain_fonts())
        patch.setattr(reader_batches, "find_scripts", lambda _: plain_scripts())
        patch.setattr(reader_batches, "CHECKED", 2)
        return reader_batches.examples(data)


def small_batch(examples: Split[object], monkeypatch: pytest.MonkeyPatch) -> Batch:
    monkeypatch.setattr(reader_batches, "LINES", 32)
    make_batches.cache_clear()
    return reader_batches.make_batch(examples, TrainingStep(0, 0, 100))


def test_real_lines_are_learned_from_or_held_out(examples: Split[object]) -> None:
    assert isinstance(examples.train, Writing)
    assert isinstance(examples.held_out, tuple)
    scenes = {line.scene for line in examples.train.real}
    assert scenes
    assert not any(map(reader_batches.is_held_out, scenes))
    assert {line.text for line in examples.train.real} == {"Menü 7", '"Bar'}
    kinds = [line.kind for line in examples.held_out]
    assert [kinds.count(kind) for kind in ("en", "de", "fr", "es", "script")] == [2] * 5
    assert "real" in kinds


def test_a_batch_holds_lines_and_what_they_say(
    examples: Split[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = small_batch(examples, monkeypatch)
    b, _, height, length = batch["line"].shape
    assert height == HEIGHT
    assert batch["steps"].max() == length / STEP
    assert batch["target"].shape == (b, batch["lengths"].max())
    for row, n in zip(batch["target"], batch["lengths"].astype(int), strict=True):
        assert (row[:n] > BLANK).all()
        assert not row[n:].any()
    again = small_batch(examples, monkeypatch)
    assert all(np.array_equal(batch[name], again[name]) for name in batch)


def test_the_lines_of_a_turn_are_spread_over_its_batches(
    examples: Split[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_batch(examples, monkeypatch)
    steps = (TrainingStep(0, step, 100) for step in range(BATCHES))
    sizes = [reader_batches.make_batch(examples, step)["line"].shape for step in steps]
    assert sum(size[0] for size in sizes) == 32
    wide = [size[3] for size in sizes]
    assert max(wide) > min(wide)
    assert wide != sorted(wide)


def test_corners_move_along_the_quad() -> None:
    quad = np.array([[100, 100], [100, 300], [60, 300], [60, 100]], np.float64)  # reads down
    moved = np.mean([shift_corners(quad, np.random.default_rng(i)) for i in range(400)], axis=0)
    out = 0.05 * 40  # the mean of what is added outward
    right = np.array([[out, -out], [out, out], [-out, out], [-out, -out]])
    assert moved - quad == pytest.approx(right, abs=0.4)


def test_words_that_stand_on_end_are_known() -> None:
    tall = np.zeros((90, 20, 3), np.uint8)
    corners = np.array([[0, 0], [20, 0], [20, 90], [0, 90]], np.float64)
    assert is_upright(RealLine(tall, corners, "HOTEL", ""))
    assert not is_upright(RealLine(tall, corners, "I", ""))


class Fixed(nn.Module):
    """Says one text whatever the line is."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.steps = [n for c in text for n in (NUMBERS[c], BLANK)]

    def forward(self, line: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(len(line), line.shape[3] // STEP, N_OUTPUTS)
        logits[:, :, BLANK] = 20
        for t, n in enumerate(self.steps):
            logits[:, t, BLANK], logits[:, t, n] = 0, 20
        return logits * self.scale


def test_the_loss_is_the_share_of_all_ways_to_say_it() -> None:
    """Of one character in two steps: a-, -a and aa, each of (1/N)² where all are alike."""
    network = Fixed("")
    batch = {
        "line": torch.zeros(1, 1, HEIGHT, 2 * STEP),
        "steps": torch.tensor([2.0]),
        "target": torch.tensor([[5.0]]),
        "lengths": torch.tensor([1.0]),
    }
    with torch.no_grad():
        network.scale.zero_()
    expected = 2 * np.log(N_OUTPUTS) - np.log(3)
    assert reader_training.loss(network, batch).item() == pytest.approx(expected, rel=1e-5)


def test_the_score_counts_characters_and_words() -> None:
    line = np.zeros((HEIGHT, 64), np.float32)
    checked = (
        CheckedLine(line, "Bar", "en"),
        CheckedLine(line, "Bären", "de"),
        CheckedLine(line, "BAR!", "real"),
        CheckedLine(line, "foo", "real"),
    )
    made = reader_training.score(Fixed("Bar"), Split[object](None, checked))
    assert made == {"cer_en": 0, "cer_de": 3 / 5, "words": 0.5}


def test_lines_are_read_in_their_order_whatever_their_width() -> None:
    """Each line says as many letters as it has steps."""
    widths = [*range(64, 144, 4), 40, 24, 200, 16]
    lines = [np.zeros((HEIGHT, width), np.float32) for width in widths]
    batches = []

    def run(batch: Floats) -> Floats:
        batches.append(batch.shape)
        logits = np.zeros((len(batch), batch.shape[3] // STEP, N_OUTPUTS), np.float32)
        logits[:, ::2, NUMBERS["a"]] = logits[:, 1::2, NUMBERS["b"]] = 9
        return logits

    read = read_lines(lines, run)
    assert [len(line.text) for line in read] == [width // STEP for width in widths]
    assert [shape[3] for shape in batches] == [112, 200]
    assert read_lines([], run) == []


def test_padding_is_not_read() -> None:
    def run(batch: Floats) -> Floats:
        logits = np.zeros((len(batch), batch.shape[3] // STEP, N_OUTPUTS), np.float32)
        logits[:, :, NUMBERS["b"]], logits[:, :4, NUMBERS["a"]] = 9, 18
        return logits

    lines = [np.zeros((HEIGHT, width), np.float32) for width in (16, 64)]
    assert [line.text for line in read_lines(lines, run)] == ["a", "ab"]


def test_a_few_lines_are_learned_by_heart() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    lines = torch.from_numpy(rng.standard_normal((2, 1, HEIGHT, 24)).astype(np.float32))
    batch = {
        "line": lines,
        "steps": torch.full((2,), 6.0),
        "target": torch.tensor([encode("ab"), encode("cd")]).float(),
        "lengths": torch.full((2,), 2.0),
    }
    network = ReaderNet()
    optimizer = torch.optim.AdamW(network.parameters(), 2e-3)
    with apart():
        for _ in range(12):
            loss = reader_training.loss(network, batch)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    assert loss.item() < 0.5


def test_the_file_agrees_with_the_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    file = export(ReaderNet(), train.reader(), {}, tmp_path)
    assert file.stat().st_size < 6_000_000


def test_recipes_are_found_in_the_order_of_the_networks() -> None:
    """The first is the one that a bare `neuropil train translate` runs."""
    found = list(registry.recipes("translate"))
    assert found[0] == "detector"
    assert {"translator", "detector_last", "reader", "reader_middle", "reader_last"} <= {*found}


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("DoLLAR MENU", "DOLLAR MENU"),
        ("LABORATOIREs", "LABORATOIRES"),
        ("GmbH kWh McDonald iPhone", "GmbH kWh McDonald iPhone"),
        ("STRAßE", "STRAßE"),
        ("Der Ausgang", "Der Ausgang"),
    ],
)
def test_words_of_capitals_are_all_capitals(read: str, meant: str) -> None:
    assert mend_capitals(read) == meant


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("mail: info @ hotel-post.de", "mail: info@hotel-post.de"),
        ("info@ hotel.com.mx, Tel. 3", "info@hotel.com.mx, Tel. 3"),
        ("2 kg @ 3.50", "2 kg @ 3.50"),
        ("INFO @ HOTEL.DE", "INFO@HOTEL.DE"),
        ("meet @ the bar", "meet @ the bar"),
        ("us @ www.hotel.com", "us @ www.hotel.com"),
        ("by @name.de", "by @name.de"),
        ("3 @ 2.kg", "3 @ 2.kg"),
        ("us @ facebook.com/x", "us @ facebook.com/x"),
    ],
)
def test_addresses_of_mail_have_no_blanks(read: str, meant: str) -> None:
    assert mend_addresses(read) == meant


@pytest.mark.parametrize(
    ("read", "meant"),
    [
        ("Apfelschorle 0,413,60", "Apfelschorle 0,4 l 3,60"),
        ("Bier 0,5 1 13,90 €", "Bier 0,5 l 13,90 €"),
        ("0.33l 4.20", "0.33 l 4.20"),
        ("Summe 10,413,60", "Summe 10,413,60"),
        ("0,41 3", "0,41 3"),
        ("Tel. 0,413,605", "Tel. 0,413,605"),
    ],
)
def test_a_one_between_an_amount_and_a_price_is_the_letter(read: str, meant: str) -> None:
    assert mend_liters(read) == meant
