"""The application: a picture or film in, the same with its text in another language out.

    made = translate(Image.open("sign.jpg"), to="en")
    made.picture, made.blocks[0].translation
    translate.text("Zwei Bier, bitte!", to="en").text

H, W  height and width      N  lines      L  languages
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Annotated, Any, ClassVar, Literal, final, overload

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.alphabet import CHARACTERS, ReadLine, name_marks
from neuropil.apps.translate.corrections import Corrections
from neuropil.apps.translate.detector import look
from neuropil.apps.translate.film import ReadView, translate_frames
from neuropil.apps.translate.geometry import Quad
from neuropil.apps.translate.glossing import Glossary
from neuropil.apps.translate.hours import look_up
from neuropil.apps.translate.language import language_probabilities
from neuropil.apps.translate.lexicon import Lexicon
from neuropil.apps.translate.lines import Floats, Pixels
from neuropil.apps.translate.networks import (
    DETECTOR,
    ENCODER,
    EYE,
    LANGUAGE,
    NETWORKS,
    READER,
    SPELLER,
    STEP,
)
from neuropil.apps.translate.page import (
    TRUSTED,
    TranslatedBlock,
    kept_quads,
    name_languages,
    replacements,
    translate_page,
)
from neuropil.apps.translate.page_reader import find_lines, read_picture
from neuropil.apps.translate.peeling import peel
from neuropil.apps.translate.preprocess import NAMES
from neuropil.apps.translate.probe import (
    OpenLetter,
    probe_letter,
    probe_spelling,
    probe_word,
    require_below,
)
from neuropil.apps.translate.reader import read_lines
from neuropil.apps.translate.render import set_side_by_side
from neuropil.apps.translate.repeating import say_once, translate_parts
from neuropil.apps.translate.replacing import replace_texts
from neuropil.apps.translate.spelling import LETTERS, Speller
from neuropil.apps.translate.switching import prefer_known
from neuropil.apps.translate.told import (
    PictureLine,
    ReadPage,
    word_blocks,
    word_lines,
)
from neuropil.apps.translate.translator import (
    SURE,
    Translation,
    Translator,
    require_direction,
    tell_of_doubts,
)
from neuropil.contract import App, verb
from neuropil.core.probe import Probe
from neuropil.kit.errors import UserError
from neuropil.kit.media.document import Document
from neuropil.kit.media.film import Film
from neuropil.kit.media.frame import Frame
from neuropil.kit.media.image import Image
from neuropil.kit.media.opaque import to_rgb8
from neuropil.kit.networks.network import NetworkFile, OnnxNetwork
from neuropil.kit.progress import message, tell_of
from neuropil.kit.ranges import Range
from neuropil.signature import Alias

Language = Literal["en", "de", "fr", "es"]
LEAST, NUMBER, RATE = Range(0, 1), Range(0, 10**6), Range(0, 100)
LINE_END = re.compile(r"[\t\n]")
SIXTEEN_BITS = 257  # levels of 16 bits for one of 8


@dataclass(frozen=True, eq=False)
class TranslatedPicture:
    """A picture whose text was translated where it stood.

    comparison: before and after, side by side
    """

    picture: Image
    comparison: Image | None
    blocks: tuple[TranslatedBlock, ...]
    lines: tuple[PictureLine, ...]


@dataclass(frozen=True)
class ReadPicture:
    """What is written in a picture, and its translation."""

    blocks: tuple[TranslatedBlock, ...]
    lines: tuple[PictureLine, ...]


class TranslatedText(Document):
    """A text in another language."""

    SUFFIXES: ClassVar = (".txt",)


@dataclass(frozen=True, eq=False)
class TextTranslation:
    """A text in another language, and the language that it was in; None where it is not known."""

    text: TranslatedText
    language: str | None


def check_direction(options: Mapping[str, Any]) -> None:
    """Refuse a direction that leads nowhere."""
    require_direction(options["to"], options["from_"])


@final
class Translate(App):
    """Puts the text of pictures into another language, where it stands."""

    summary = "Translate the text in pictures, where it stands."
    open_example = "neuropil open translate sign.jpg --line 0 --letter 3"
    networks: ClassVar[Mapping[str, NetworkFile]] = NETWORKS

    @overload
    def __call__(
        self,
        photo: Image,
        *,
        to: Language = ...,
        from_: Language | None = ...,
        least: float = ...,
        comparison: bool = ...,
    ) -> TranslatedPicture: ...
    @overload
    def __call__(
        self,
        photo: Film,
        *,
        to: Language = ...,
        from_: Language | None = ...,
        least: float = ...,
        comparison: bool = ...,
    ) -> Film: ...

    @verb(example="neuropil translate sign.jpg --to en", check=check_direction)
    def __call__(
        self,
        photo: Image | Film,
        *,
        to: Language = "en",
        from_: Language | None = None,
        least: Annotated[float, LEAST] = TRUSTED,
        comparison: Annotated[bool, Alias("keep-original")] = False,
    ) -> TranslatedPicture | Film:
        """Translate the text in pictures, where it stands.

        Between English and German, French or Spanish; from one of the three to another by way of
        English. Numbers, prices, times and addresses stay as they are.

        photo: a picture or film of any size
        to: the language that the text is put into
        from_: the language that it is in; by default it is found, line by line
        least: how sure of a line the reader must be, or it stays as it is; with 0 also translations
            are set of which the translator is not sure
        comparison: also make a picture of before and after, side by side; not of films
        """
        if isinstance(photo, Film):
            if comparison:
                tell_of(photo.path, "of a film no comparison is made, the film alone")
            return photo.map_frames(partial(self.frames, to=to, from_=from_, least=least))
        pixels = to_rgb8(photo)
        page, made = self.replace(pixels, to, from_, least)
        require_text(page)
        picture = with_changes(photo, pixels, made)
        beside = Image(set_side_by_side(pixels, made)) if comparison else None
        return TranslatedPicture(picture, beside, word_blocks(page), word_lines(page))

    @verb(example="neuropil translate-read sign.jpg", check=check_direction)
    def read(
        self,
        photo: Image,
        *,
        to: Language = "en",
        from_: Language | None = None,
        least: Annotated[float, LEAST] = TRUSTED,
    ) -> ReadPicture:
        """Read the text in a picture, and translate it; no picture is made.

        photo: a picture of any size
        to: the language that the text is put into
        from_: the language that it is in; by default it is found, line by line
        least: how sure of a line the reader must be, or it is not translated
        """
        page = self.read_page(to_rgb8(photo), to, from_, least)
        require_text(page)
        return ReadPicture(word_blocks(page), word_lines(page))

    @verb(example="neuropil translate-render sign.jpg sign.json -o sign-en.png")
    def render(self, photo: Image, corrections: Corrections) -> Image:
        """Set translations that you have corrected.

        photo: the picture that was read
        corrections: what translate-read --json printed of it, edited by hand
        """
        pixels = to_rgb8(photo)
        height, width, _ = pixels.shape
        corrections.require_inside(width, height)
        lines, blocks = corrections.lines, corrections.blocks
        made = replace_texts(pixels, replacements(lines, blocks), kept_quads(lines, blocks))
        return with_changes(photo, pixels, made)

    @verb(example='neuropil translate-text "Zwei Bier, bitte!" --to en', check=check_direction)
    def text(
        self, text: str, *, to: Language = "en", from_: Language | None = None
    ) -> TextTranslation:
        """Translate a sentence, or a text in a file.

        text: a text of any length; line ends and tabs stay where they are
        to: the language that it is put into
        from_: the language that it is in; by default it is found
        """
        require_direction(to, from_)
        text = text.removesuffix("\n")
        (language,) = name_languages([text], self.tell_languages, from_)
        made = text
        if not any(map(str.isalpha, text)):
            message("the text has no letters, and stays as it is")
        elif language == to:
            message(f"the text is {NAMES[to]} already, and stays as it is")
        else:
            if language is None:
                message("its language is not known; name it by --from")
            lines = LINE_END.split(text)
            rated = self.rate_texts(lines, to, language)
            tell_of_doubts(lines, rated)
            ends = [*LINE_END.findall(text), ""]
            made = "".join(f"{each.text}{end}" for each, end in zip(rated, ends, strict=True))
            if made == text:
                message("no word of the text is known, so it stays as it is")
        return TextTranslation(TranslatedText(f"{made}\n"), language)

    def probe(
        self,
        photo: Image,
        *,
        line: Annotated[int, NUMBER] = 0,
        letter: Annotated[int | None, NUMBER] = None,
        word: Annotated[int | None, NUMBER] = None,
        spelling: bool = False,
        target: str | None = None,
        rate: Annotated[float, RATE] = 0.01,
        to: Language = "en",
        from_: Language | None = None,
        least: Annotated[float, LEAST] = TRUSTED,
    ) -> Probe:
        """Find the neuron behind a letter that was read, or a word of a translation.

        photo: the picture that was translated
        line: number of a line, from 0, as --json lists them
        letter: number of a character of the line, from 0; by default the first
        word: number of a word, from 0, of the translation of the block that the line is in
        spelling: open what the letters before a letter say of it, in place of what it looks like
        target: the letter that it is in truth; with it a loss and a training step are shown
        rate: learning rate of the training step towards the target
        to: the language that the text is put into
        from_: the language that it is in; by default it is found
        least: how sure of a line the reader must be, or it is not translated
        """
        if word is not None and (letter is not None or target is not None or spelling):
            words = "--letter, --spelling and --target are of a letter, --word of a translation"
            raise UserError("option.conflict", f"{words}; leave out --word or the others")
        pixels = to_rgb8(photo)
        # Words are opened of what the network says, also where lists say it better.
        page = self.read_page(pixels, to, from_, least if word is None else 0.0)
        require_text(page)
        require_below("line", line, len(page.lines), f"the picture has {len(page.lines)} lines")
        if word is None:
            found = page.lines[line]
            opened = OpenLetter(found, letter or 0, target, rate)
            if spelling:
                return probe_spelling(self.speller, opened)
            find = Speller(self.rate_letters).find
            return probe_letter(self.reader, find, pixels, opened)
        block = next(block for block in page.blocks if line in block.lines)
        (half_way,), near = self.go_half_way([peel(block.text).core], to, block.language)
        refuse_kept(block, half_way.text, to, near)
        (made,) = self.rate_unknown([half_way.text], to, near)
        if made.word_for_word:
            message("lists translated this block word for word; this is what the network would say")
        traced = self.translator.trace(made.asked or half_way.text, to, near)
        return probe_word(self.translator, traced, word)

    # --- pages ----------------------------------------------------------------------------------

    def read_page(self, pixels: Pixels, to: str, from_: str | None, least: float) -> ReadPage:
        """Find, read, group and translate the lines of a picture (H, W, 3)."""
        require_direction(to, from_)
        lines = read_picture(pixels, self.look, self.read_lines)
        blocks = translate_page(
            lines, self.tell_languages, self.rate_texts, to=to, from_=from_, least=least
        )
        told = name_languages([line.text for line in lines], self.tell_languages, from_)
        return ReadPage(tuple(lines), tuple(told), tuple(blocks))

    def replace(
        self, pixels: Pixels, to: str, from_: str | None, least: float
    ) -> tuple[ReadPage, Pixels]:
        """Read a picture (H, W, 3), and give it with its texts replaced."""
        page = self.read_page(pixels, to, from_, least)
        changed = replacements(page.lines, page.blocks)
        return page, replace_texts(pixels, changed, kept_quads(page.lines, page.blocks))

    def frames(
        self, frames: Iterator[Frame], to: str, from_: str | None, least: float
    ) -> Iterator[Frame]:
        """Translate the frames of a film, one after the other."""

        def read(pixels: Pixels) -> ReadView:
            page, made = self.replace(pixels, to, from_, least)
            return ReadView(tuple(line.quad for line in page.lines), made)

        return translate_frames(frames, read, self.find)

    # --- networks -------------------------------------------------------------------------------

    def look(self, pixels: Pixels) -> Floats:
        """Give the detector's maps of a part of a picture."""
        return look(self.network(EYE), self.network(DETECTOR), pixels)

    def find(self, pixels: Pixels) -> list[Quad]:
        """Find the quads of a picture's lines."""
        return find_lines(pixels, self.look)

    def read_lines(self, lines: Sequence[Floats]) -> list[ReadLine]:
        """Read lines (32, L), by what their letters look like and by what is likely to follow."""
        return read_lines(lines, self.read_logits, Speller(self.rate_letters).find)

    def read_logits(self, lines: Floats) -> Floats:
        """Give the logits of lines (N, 1, 32, W)."""
        logits: Floats = self.reader.run(line=lines)["logits"]
        return logits

    def rate_letters(self, before: NDArray[np.int64]) -> Floats:
        """Give the logits of letters that may follow others (B, K)."""
        logits: Floats = self.speller.run(before=before)["logits"]
        return logits

    def tell_languages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give the probabilities of the languages of texts (N, L)."""
        return language_probabilities(self.network(LANGUAGE), texts)

    def translate_texts(self, texts: Sequence[str], to: str, from_: str | None) -> list[str]:
        """Translate texts: what a list has as it stands there, the rest by the network."""
        return [made.text for made in self.rate_texts(texts, to, from_)]

    def rate_texts(self, texts: Sequence[str], to: str, from_: str | None) -> list[Translation]:
        """Translate texts, each with how likely the network finds it.

        Where it is at a loss, and lists know most of the words, word for word. Bullets, prices and
        amounts around a text stay as they are.
        """
        peeled = [peel(text) for text in texts]
        rated = self.rate_cores([each.core for each in peeled], to, from_)
        return [
            made._replace(text=f"{front}{made.text}{back}")
            for (front, _, back), made in zip(peeled, rated, strict=True)
        ]

    def rate_cores(self, texts: Sequence[str], to: str, from_: str | None) -> list[Translation]:
        """Translate texts without what stands around them, first those that lists have."""
        known = [look_up_all(text, from_, to) if from_ else None for text in texts]
        rest = [text for text, found in zip(texts, known, strict=True) if found is None]
        rated = iter(self.rate_others(rest, to, from_))
        return [next(rated) if found is None else Translation(found, SURE) for found in known]

    def rate_others(self, texts: Sequence[str], to: str, from_: str | None) -> list[Translation]:
        """Translate texts that no list has; those half way in English are looked up once more."""
        way, near = self.go_half_way(texts, to, from_)
        lexicon = Lexicon.load(near, to) if near and near != from_ else None
        known = [lexicon.find(each.text) if lexicon else None for each in way]
        rest = [each.text for each, found in zip(way, known, strict=True) if found is None]
        rated = iter(self.rate_unknown(rest, to, near))
        made = [next(rated) if found is None else Translation(found, SURE) for found in known]
        pairs = zip(way, made, strict=True)
        return [b._replace(score=min(a.score, b.score)) for a, b in pairs]

    def rate_unknown(self, texts: Sequence[str], to: str, from_: str | None) -> list[Translation]:
        """Translate texts that no list has, by the network and with the words of lists."""
        made = self.translator.rate(texts, to, from_)
        if from_ is None:
            return made
        ask = partial(self.translator.rate, to=to, from_=from_)
        return prefer_known(texts, made, ask, Glossary.load(from_, to))

    def go_half_way(
        self, texts: Sequence[str], to: str, from_: str | None
    ) -> tuple[list[Translation], str | None]:
        """Translate texts into English where the way to another language leads through it.

        Also gives the language that they are in then; its lists are asked, too.
        """
        if not from_ or "en" in (to, from_):
            return [Translation(text, SURE) for text in texts], from_
        return self.rate_cores(texts, "en", from_), "en"

    @cached_property
    def reader(self) -> OnnxNetwork:
        """Open the reader; raises UserError for one that was trained on other characters."""
        return self.require(READER, "alphabet", CHARACTERS)

    @cached_property
    def speller(self) -> OnnxNetwork:
        """Open the speller; raises UserError for one that was trained on other letters."""
        return self.require(SPELLER, "letters", LETTERS)

    def require(self, role: str, what: str, wanted: str) -> OnnxNetwork:
        """Open a network; raises UserError where it was trained for others than what is wanted."""
        network = self.network(role)
        if network.metadata.get(what) != wanted:
            words = f"{network.path} was trained for another {what}; train one by"
            way = f"neuropil train translate {role}, or leave it out"
            raise UserError("network.mismatch", f"{words} {way}", path=network.path)
        return network

    @cached_property
    def translator(self) -> Translator:
        """Make the translator of its two networks."""
        return Translator(self.network(ENCODER), self.network(STEP))


def look_up_all(text: str, from_: str, to: str) -> str | None:
    """Give what lists say of a whole text, of opening hours, or of parts with strokes between."""
    return look_up(text, from_, to) or say_once(text, to) or translate_parts(text, from_, to)


def refuse_kept(block: TranslatedBlock, half_way: str, to: str, near: str | None) -> None:
    """Raise UserError for a block whose translation, from half way on, no network made."""
    why = f"it was kept: {block.kept}" if block.kept else None
    core = peel(block.text).core
    whole = block.language and look_up_all(core, block.language, to)
    if whole or (near and Lexicon.load(near, to).find(half_way)):
        why = "its translation stands in the lexicon, and no network made it"
    if why:
        words = f"the block {name_marks(block.text)!r} has no neuron behind its words: {why}"
        way = "name another --line, or a --letter"
        raise UserError("input.content", f"{words}; {way}", name="word")


def require_text(page: ReadPage) -> None:
    """Raise UserError where a picture has no text."""
    if not any(line.text for line in page.lines):
        raise UserError(
            "input.no_text",
            "no text was found in the picture; name one with text, sharp and large enough to be"
            " read (letters of 8 pixels and more)",
        )


def with_changes(photo: Image, before: Pixels, after: Pixels) -> Image:
    """Give a picture of 8 or 16 bits its changes; what did not change keeps all its bits.

    What changed is opaque.
    """
    changed = (before != after).any(axis=2)
    is_short = photo.pixels.dtype == np.uint8
    new: NDArray[Any] = after if is_short else after.astype(np.uint16) * SIXTEEN_BITS
    pixels = np.where(changed[:, :, None], new, photo.pixels)
    if photo.alpha is None:
        return photo.replace(pixels=pixels)
    opaque = np.iinfo(photo.alpha.dtype).max
    return replace(photo, pixels=pixels, alpha=np.where(changed, opaque, photo.alpha))
