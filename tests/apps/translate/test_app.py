"""The verbs, on pages that are known, by networks that stand in for the trained ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
from listening import listening
from PIL import Image as Picture
from PIL import ImageDraw
from refusals import refused
from tiny_translator import write_translator

from neuropil.apps.translate import app as module
from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.lab import reader_model
from neuropil.apps.translate.lab.reader_training import export_spec
from neuropil.apps.translate.lines import Pixels
from neuropil.apps.translate.networks import ENCODER, NETWORKS, READER, STEP
from neuropil.apps.translate.page import TextLine
from neuropil.apps.translate.probe import Choice, name_token
from neuropil.apps.translate.setting import load_font
from neuropil.apps.translate.translator import LEAST_SCORE, Translation
from neuropil.contract import Verb
from neuropil.kit.media.image import Image
from neuropil.kit.networks.network import NetworkFile
from neuropil.kit.provenance import file_sha256
from neuropil.microscope.chain import load_chain
from neuropil.microscope.walk import walk_back
from neuropil.training.export import round_weights, write

ROWS = (("Ausfahrt freihalten", 20), ("Der Hund ist im Haus", 70), ("9:30 - 18:00", 120))


def page() -> list[TextLine]:
    box = np.array([[20, 0], [280, 0], [280, 24], [20, 24]], np.float64)
    return [TextLine(box + np.array([0, top]), text, 0.9) for text, top in ROWS]


def picture() -> Pixels:
    image = Picture.new("RGB", (300, 160), (230, 225, 215))
    for text, top in ROWS:
        font = load_font("Roboto-Regular.ttf", 22)
        ImageDraw.Draw(image).text((20, top), text, font=font, fill=(30, 30, 40))
    return np.asarray(image)


class Shouter:
    """Translates by telling what it was asked."""

    def rate(self, texts: Sequence[str], to: str, from_: str | None = None) -> list[Translation]:
        return [Translation(f"{text.upper()} ({from_} to {to})", -0.4) for text in texts]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Translate:
    made = Translate(threads=1)
    monkeypatch.setattr(module, "read_picture", lambda pixels, look, read: page())
    vars(made)["translator"] = Shouter()
    return made


def test_texts_are_replaced_where_they_stand(app: Translate) -> None:
    made = app(Image(picture()))
    translations = {block.text: block.translation for block in made.blocks}
    assert translations["Ausfahrt freihalten"] == "Keep exit clear"  # of the lexicon
    assert translations["Der Hund ist im Haus"] == "DER HUND IST IM HAUS (de to en)"
    assert translations["9:30 - 18:00"] == "9:30 - 18:00"
    kept = [block.kept for block in made.blocks if block.text == "9:30 - 18:00"]
    assert kept == ["it has no words"]
    assert [line.text for line in made.lines] == [text for text, _ in ROWS]
    assert made.lines[1].language == "de"
    assert made.lines[0].quad == ((20.0, 20.0), (280.0, 20.0), (280.0, 44.0), (20.0, 44.0))
    changed = (made.picture.pixels != picture()).any(axis=2)
    assert changed[20:44].any()
    assert not changed[110:].any()
    assert made.comparison is None


def test_before_and_after_stand_side_by_side(app: Translate) -> None:
    made = app(Image(picture()), comparison=True)
    assert made.comparison is not None
    height, width, _ = picture().shape
    assert made.comparison.pixels.shape == (2 * height + 12, width, 3)  # a wide one: below
    assert np.array_equal(made.comparison.pixels[:height], picture())
    assert np.array_equal(made.comparison.pixels[height + 12 :], made.picture.pixels)


def test_what_does_not_change_keeps_its_sixteen_bits(app: Translate) -> None:
    deep = picture().astype(np.uint16) * 257 + 3
    made = app(Image(deep)).picture.pixels
    changed = (made != deep).any(axis=2)
    assert made.dtype == np.uint16
    assert changed[20:44].any()
    assert not changed[110:].any()


def test_a_given_language_is_that_of_all_and_another_one_is_kept(app: Translate) -> None:
    made = app.read(Image(picture()), to="de")
    assert {block.kept for block in made.blocks} == {"it is German already", "it has no words"}
    made = app.read(Image(picture()), to="de", from_="es")
    assert "(ES TO EN) (en to de)" in str([block.translation for block in made.blocks])


def test_a_picture_without_text_is_refused(app: Translate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "read_picture", lambda pixels, look, read: [])
    for call in (app, app.read, app.probe):
        with refused("input.no_text", "no text was found", "8 pixels"):
            call(Image(picture()))


def test_a_text_alone_is_translated(app: Translate) -> None:
    made = app.text("Der Hund ist im Haus.")
    assert made.text.text == "DER HUND IST IM HAUS. (de to en)\n"
    assert made.language == "de"
    assert app.text("Umleitung").text.text == "Diversion\n"
    assert str(made.text) == "DER HUND IST IM HAUS. (de to en)"


@pytest.mark.parametrize(
    ("text", "words"), [("12 : 30", "no letters"), ("The dog is in the house.", "English already")]
)
def test_what_needs_no_translation_stays(app: Translate, text: str, words: str) -> None:
    with listening() as said:
        assert app.text(text).text.text == f"{text}\n"
    assert words in said[0]


def test_a_line_end_stays_one(app: Translate) -> None:
    assert app.text("Umleitung\n").text.text == "Diversion\n"


def test_the_lists_are_asked_on_both_legs(app: Translate) -> None:
    assert app.text("Umleitung", to="fr", from_="de").text.text == "Déviation\n"


def test_between_two_others_the_way_leads_through_english(app: Translate) -> None:
    (made,) = app.rate_texts(["Der Hund"], "fr", "de")
    assert made == Translation("DER HUND (DE TO EN) (en to fr)", -0.4)
    (half_way,), near = app.go_half_way(["Der Hund"], "fr", "de")
    assert (half_way.text, near) == ("DER HUND (de to en)", "en")
    assert app.go_half_way(["Der Hund"], "en", "de") == ([Translation("Der Hund", 0.0)], "de")


class Doubter(Shouter):
    """Translates, and doubts it each time."""

    score = LEAST_SCORE + 0.1

    def rate(self, texts: Sequence[str], to: str, from_: str | None = None) -> list[Translation]:
        return [made._replace(score=self.score) for made in super().rate(texts, to, from_)]


class Forgetter(Doubter):
    """Is at a loss each time, and loses all that it was given."""

    score = LEAST_SCORE - 1

    def rate(self, texts: Sequence[str], to: str, from_: str | None = None) -> list[Translation]:
        return [made._replace(text="ZZZ") for made in super().rate(texts, to, from_)]


def test_where_the_network_doubts_it_is_asked_again_with_words_of_lists(app: Translate) -> None:
    vars(app)["translator"] = Doubter()
    known, unknown = app.rate_texts(["Forelle mit Kräuterbutter", "Xqz brmpf wzz"], "en", "de")
    asked = "Trout mit herb butter"
    assert known == Translation(f"{asked.upper()} (de to en)", Doubter.score, asked=asked)
    assert unknown == Translation("XQZ BRMPF WZZ (de to en)", Doubter.score)


def test_where_the_network_is_at_a_loss_lists_translate_word_for_word(app: Translate) -> None:
    vars(app)["translator"] = Forgetter()
    known, unknown = app.rate_texts(["Forelle mit Kräuterbutter", "Xqz brmpf wzz"], "en", "de")
    assert known == Translation("Trout with herb butter", LEAST_SCORE, word_for_word=True)
    assert unknown == Translation("ZZZ", LEAST_SCORE - 1)
    (block,) = [b for b in app(Image(picture())).blocks if b.text == "Der Hund ist im Haus"]
    assert (block.translation, block.kept) == ("The dog is in house", None)
    assert block.word_for_word
    assert str(block).endswith("->  The dog is in house (word for word)")


def test_every_line_and_column_of_a_text_is_translated_by_itself(app: Translate) -> None:
    vars(app)["translator"] = Forgetter()
    with listening() as heard:
        made = app.text("Umleitung\tHund\nForelle mit Kräuterbutter\n", from_="de").text.text
    assert made == "Diversion\tDog\nTrout with herb butter\n"
    assert any("word for word" in said and "Forelle" in said for said in heard)


def test_what_stands_around_a_text_stays(app: Translate) -> None:
    texts = ["• Umleitung ..... 4,50 €", "Der Hund 0,5 l"]
    assert [made.text for made in app.rate_texts(texts, "en", "de")] == [
        "• Diversion ..... 4,50 €",
        "DER HUND (de to en) 0,5 l",
    ]


def test_one_language_twice_is_refused(app: Translate) -> None:
    with refused("option.conflict", "de"):
        app.text("Umleitung", to="de", from_="de")
    with refused("option.conflict", "de"):
        app(Image(picture()), to="de", from_="de")


def test_transparent_pixels_lie_on_white(app: Translate) -> None:
    pixels = picture().copy()
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[: ROWS[0][1] + 24, :280] = 0
    made = app(Image(pixels, alpha)).picture
    assert made.alpha is not None
    changed = (made.pixels != pixels).any(axis=2)
    assert changed.any()
    assert (made.alpha[changed] == 255).all()
    assert (made.alpha == 0).any()


def test_the_options_are_typed_as_people_say_them() -> None:
    verb: Verb = Translate.verbs()["translate"]
    assert verb.signature.option("from_").flag == "--from"
    assert verb.signature.option("comparison").alias == "keep-original"
    assert verb.check is not None
    with refused("option.conflict", "--from de --to de"):
        verb.check({"to": "de", "from_": "de"})


# --- neurons ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, NetworkFile]:
    """Export untrained networks that can be opened."""
    folder = tmp_path_factory.mktemp("networks")
    encoder, step = write_translator(folder)
    with pytest.MonkeyPatch.context() as patch:
        reader = write_reader(patch, folder / "reader.onnx")
    paths = {ENCODER: encoder.path, STEP: step.path, READER: reader}
    return {
        role: NetworkFile(path.parent, path.name, file_sha256(path), "MIT")
        for role, path in paths.items()
    }


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, files: Mapping[str, NetworkFile]) -> Translate:
    """Give an application with untrained networks that can be opened."""
    monkeypatch.setattr(Translate, "networks", MappingProxyType({**NETWORKS, **files}))
    monkeypatch.setattr(module, "read_picture", lambda pixels, look, read: page())
    return Translate(threads=1)


def write_reader(monkeypatch: pytest.MonkeyPatch, file: Path) -> Path:
    monkeypatch.setattr(reader_model, "WIDTHS", (4, 4, 8, 8))
    monkeypatch.setattr(reader_model, "D", 8)
    torch.manual_seed(0)
    network = reader_model.ReaderNet().eval()
    with torch.no_grad():
        network.choose.weight.mul_(40)
    round_weights(network, bits=16)
    return write(network, export_spec(), file, export_spec().metadata)


def test_a_letter_is_walked_down_to_its_pixels(opened: Translate) -> None:
    probe = opened.probe(Image(picture()), line=1, letter=0)
    walk = walk_back(load_chain(probe.networks), probe, depth=8)
    assert walk.steps[0].record.name.startswith("p of ")
    assert "runner-up" in walk.steps[0].record.name
    assert all(stage.record.check().passed for stage in walk.steps)
    assert walk.steps[0].record.a == pytest.approx(
        np.exp(walk.steps[1].record.z) / sum(t.x for t in walk.steps[0].record.terms), rel=1e-5
    )


def test_a_letter_can_be_taught(opened: Translate) -> None:
    probe = opened.probe(Image(picture()), line=1, letter=0, target="D")
    walk = walk_back(load_chain(probe.networks), probe, depth=3)
    assert "-ln p of the true 'D'" in probe.goal.text
    assert all(stage.record.check().passed for stage in walk.steps)
    with refused("option.choice", "target", "one character"):
        opened.probe(Image(picture()), line=1, target="Hund")


def test_what_the_speller_says_is_walked_down_to_the_letters_before(opened: Translate) -> None:
    probe = opened.probe(Image(picture()), line=1, letter=4, spelling=True)
    walk = walk_back(load_chain(probe.networks), probe, depth=5)
    assert walk.steps[0].record.name.startswith("p of 'h' behind 'Der '")
    assert all(stage.record.check().passed for stage in walk.steps)
    end = opened.probe(Image(picture()), line=1, letter=0, spelling=True, target="S")
    assert "-ln p of the true 's', in place of 'd' behind ''" in end.goal.text
    with refused("option.range", "letter 99", "20 characters"):
        opened.probe(Image(picture()), line=1, letter=99, spelling=True)
    with refused("option.conflict", "--spelling", "--word"):
        opened.probe(Image(picture()), line=1, word=0, spelling=True)


def test_a_letter_that_only_its_spelling_made_likely_is_told() -> None:
    logits = np.log(np.array([0.1, 0.3, 0.6]))
    names = "abc".__getitem__
    rivals = [Choice(logits, n, names(n), names, "so it was").rival for n in (1, 2)]
    assert rivals == ["likelier is c, p = 0.6; so it was", "the runner-up is b, p = 0.3"]


def test_a_word_is_walked_down_to_the_source(opened: Translate) -> None:
    probe = opened.probe(Image(picture()), line=1, word=0)
    walk = walk_back(load_chain(probe.networks), probe, depth=6)
    assert "attention" in walk.steps[0].record.name
    assert walk.steps[0].record.a == pytest.approx(1, abs=1e-5)
    assert walk.steps[1].record.name.startswith("p of ")
    assert all(stage.record.check().passed for stage in walk.steps)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ({"line": 3}, "option.range", ("line 3", "3 lines", "from 0")),
        ({"line": 1, "letter": 999}, "option.range", ("letter 999", "characters")),
        ({"line": 1, "word": 999}, "option.range", ("word 999", "words")),
        ({"line": 0, "word": 0}, "input.content", ("lexicon", "--line")),
        ({"line": 2, "word": 0}, "input.content", ("no words", "--line")),
        ({"line": 1, "word": 0, "letter": 0}, "option.conflict", ("leave out",)),
    ],
)
def test_places_that_have_no_neuron_are_refused(
    opened: Translate, options: dict[str, Any], code: str, words: tuple[str, ...]
) -> None:
    with refused(code, *words):
        opened.probe(Image(picture()), **options)


def test_tokens_have_names() -> None:
    assert name_token(1) == "the end"
    assert "become de" in name_token(3)
    assert "it is fr" in name_token(8)
    assert name_token(10) == "copy 1 of the source"
    assert name_token(20).startswith("'")


def test_a_reader_of_other_characters_is_refused(
    opened: Translate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHARACTERS", "abc")
    with refused("network.mismatch", "reader.onnx", "neuropil train translate reader"):
        opened.read_logits(np.zeros((1, 1, 32, 64), np.float32))
