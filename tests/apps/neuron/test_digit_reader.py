"""Digits of one's own: cut out, whichever is darker, and read."""

from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.neuron import digit_reader
from neuropil.apps.neuron.app import Neuron
from neuropil.apps.neuron.demo import DIGIT, SAMPLES, sections
from neuropil.core import digits
from neuropil.kit.media.image import Image
from neuropil.surfaces.cli import main as cli


def photo(digit: np.ndarray[tuple[int], np.dtype[np.float32]], *, white: bool) -> Image:
    """Show 64 pixels of a digit large, somewhere on a sheet."""
    large = np.kron(digit.reshape(8, 8), np.ones((10, 10)))
    sheet = np.zeros((140, 200))
    sheet[30:110, 70:150] = large
    grey = (255 * (sheet if white else 1 - sheet)).astype(np.uint8)
    return Image(np.repeat(grey[..., None], 3, axis=2))


def test_digits_are_read_whichever_is_darker() -> None:
    data = digits()
    network, curve, accuracy = digit_reader.train(seed=0)
    assert accuracy >= 0.97
    assert curve.loss[-1] < 0.1 * curve.loss[0]
    right = 0
    for x, label in zip(data.x_test[:40], data.y_test[:40], strict=True):
        dark, light = (digit_reader.preprocess(photo(x, white=white)) for white in (False, True))
        assert dark == pytest.approx(light, abs=0.02)
        right += int(network.predict(dark[None]).argmax()) == label
    assert right >= 34


def test_the_sample_is_a_three() -> None:
    made = Neuron().digit(Image.open(SAMPLES / DIGIT))
    assert made.document.text.startswith("it reads 3 (")
    assert made.digit == int(np.argmax(made.probabilities)) == 3
    assert sum(made.probabilities) == pytest.approx(1)
    assert "CHECK FAILED" not in made.document.text
    assert made.input_picture.pixels.shape == (192, 192, 3)


def test_what_the_network_sees_is_written_only_where_it_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["neuron-digit", str(SAMPLES / DIGIT)]
    assert cli.run(line) == 0
    assert capsys.readouterr().out.startswith("it reads 3 (")
    assert list(tmp_path.iterdir()) == []
    assert cli.run([*line, "-o", "seen.png"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["seen.png"]
    assert capsys.readouterr().out.startswith("it reads 3 (")


@pytest.mark.parametrize(
    ("ending", "sign"),
    [(".txt", "it reads 3"), (".html", "<pre>"), (".tex", "aligned"), (".csv", "w·x")],
)
def test_a_reading_has_four_forms(ending: str, sign: str, tmp_path: Path) -> None:
    path = tmp_path / f"three{ending}"
    assert cli.run(["neuron-digit", str(SAMPLES / DIGIT), "-o", str(path)]) == 0
    assert sign in path.read_text(encoding="utf-8")


def test_an_empty_sheet_is_refused() -> None:
    with refused("input.content"):
        digit_reader.preprocess(Image(np.full((20, 20, 3), 200, np.uint8)))


def test_a_digit_on_nothing_is_on_white_paper() -> None:
    shown = Image.open(SAMPLES / DIGIT)
    ink = 255 - shown.pixels[..., 0]
    on_nothing = Image(np.zeros_like(shown.pixels), alpha=ink)
    assert digit_reader.preprocess(on_nothing) == pytest.approx(
        digit_reader.preprocess(shown), abs=0.02
    )


def test_pixels_and_hidden_neurons_are_named_where_they_are() -> None:
    x = digits().x_test[3]
    network, _, _ = digit_reader.train(seed=0)
    last, hidden = digit_reader.explain(network, x, 3)
    for i, term in enumerate(hidden.terms):
        column, row = (int(n) for n in term.name.removeprefix("pixel ").split(","))
        assert (row, column) == divmod(i, 8)
        assert term.x == float(x[8 * row + column])
    loudest = max(range(32), key=lambda i: last.terms[i].product)
    assert hidden.name == f"layer 1, neuron {loudest + 1}"
    assert last.terms[loudest].name == f"a of layer 1, neuron {loudest + 1}"
    assert last.name == "layer 2, neuron 4, of the digit 3"
    assert hidden.observed.a == last.terms[loudest].x


def test_a_dot_is_something() -> None:
    pixels = np.full((9, 9, 3), 255, np.uint8)
    pixels[4, 4] = 0
    assert digit_reader.preprocess(Image(pixels)).shape == (64,)


def test_the_demonstration_has_its_sections() -> None:
    titles = [section.title for section in sections()]
    assert titles[0] == "A neuron by hand"
    assert len(titles) == 4
