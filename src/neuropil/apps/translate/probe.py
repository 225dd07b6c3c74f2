"""From a letter that was read, or a word that was translated, back to the neuron behind it.

p of the letter  <-  e^(z - m)  <-  z, a unit of the reader at a step of the line  <-  its pixels
p of the letter  <-  e^(z - m)  <-  z, a unit of the speller  <-  the letters before it
p of the piece   <-  e^(z - m)  <-  z, a unit of the translator at a step of writing

L  width of a line   T  steps   N  characters, and the blank   V  tokens   m  the largest logit
K  letters before another   F  letters that may follow
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.translate.alphabet import CHARACTERS, MARKS, NUMBERS, name_marks
from neuropil.apps.translate.decoding import bar_signs, pad
from neuropil.apps.translate.lines import (
    HEIGHT,
    STEP,
    WIDER,
    Pixels,
    cut_line,
    stack_lines,
    straighten,
)
from neuropil.apps.translate.page import TextLine
from neuropil.apps.translate.preprocess import (
    END,
    FIRST_PIECE,
    FROM,
    MARK_TOKENS,
    TO,
    EncodedText,
)
from neuropil.apps.translate.reader import Find
from neuropil.apps.translate.spelling import END as TEXT_END
from neuropil.apps.translate.spelling import LETTERS, K, list_before, spelled_number
from neuropil.apps.translate.subwords import BLANK, Subwords
from neuropil.apps.translate.translator import TracedPart, Translator
from neuropil.core.activations import EXP, IDENTITY, softmax_share
from neuropil.core.neuron import NeuronRecord, Observed, Term
from neuropil.core.probe import Goal, Probe, ProbedImage, Step, Unit
from neuropil.kit.errors import UserError
from neuropil.kit.networks.network import OnnxNetwork

Floats = NDArray[Any]

ROUNDING = 2.0**-18  # of float32, where lines are read alone and beside others
ENLARGED = 6  # times that a line is shown larger


@dataclass(frozen=True)
class Choice:
    """One of several outputs that was chosen by its logit: which, of what, and how all are called.

    logits: of all that could be chosen, float64; -inf for what could not
    reason: why one may be chosen that is not the likeliest of its place
    """

    logits: NDArray[np.float64]
    number: int
    name: str
    names: Callable[[int], str]
    reason: str

    @property
    def powers(self) -> NDArray[np.float64]:
        """Give e^(z - m) of all."""
        made: NDArray[np.float64] = np.exp(self.logits - self.logits.max())
        return made

    @property
    def probability(self) -> float:
        """Give the share of the chosen one (softmax)."""
        return float(self.powers[self.number] / self.powers.sum())

    @property
    def rival(self) -> str:
        """Name the likeliest other, with its probability, and why that was not chosen."""
        powers = self.powers
        powers[self.number] = 0
        other = int(powers.argmax())
        share = float(powers[other] / self.powers.sum())
        told = f"{self.names(other)}, p = {share:.3g}"
        is_likeliest = share <= self.probability
        return f"the runner-up is {told}" if is_likeliest else f"likelier is {told}; {self.reason}"


def choice_steps(choice: Choice, first: int = 0) -> tuple[Step, ...]:
    """Tell the arithmetic from the probability down to the logit.

    first: the number that the first of these steps has among all
    """
    return (Step(share_step(choice), {choice.number: first + 1}), Step(power_step(choice)))


def share_step(choice: Choice) -> NeuronRecord:
    """Tell the probability: its part of all the powers."""
    terms = tuple(
        Term(f"e^(z - m) of {choice.names(n)}", float(e), 1.0, learned=False)
        for n, e in enumerate(choice.powers)
    )
    top = float(choice.powers[choice.number])
    name = f"p of {choice.name}; {choice.rival}"
    seen = Observed(None, choice.probability, ROUNDING)
    return NeuronRecord(name, terms, 0.0, softmax_share(top, choice.number), seen)


def power_step(choice: Choice) -> NeuronRecord:
    """Tell e^(z - m) of the chosen one; m keeps powers in bounds."""
    z, most = float(choice.logits[choice.number]), float(choice.logits.max())
    term = Term("z, a unit of the network", z, 1.0, learned=False)
    name = f"e^(z - m) of {choice.name}, m = {most:.6g}, the largest z"
    seen = Observed(None, float(choice.powers[choice.number]), ROUNDING)
    return NeuronRecord(name, (term,), -most, EXP, seen)


def require_below(name: str, value: int, n: int, whole: str) -> None:
    """Raise UserError for a number of something of which there are only n, as `whole` says."""
    if value >= n:
        words = f"{name} {value}: {whole}; they are counted from 0"
        raise UserError("option.range", words, name=name, value=value, low=0, high=n - 1)


# --- a letter -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class OpenLetter:
    """A letter of a line that is to be opened.

    letter: its number in the text of the line, from 0
    target: the letter that it is in truth
    rate: learning rate of a training step towards it
    """

    line: TextLine
    letter: int
    target: str | None
    rate: float

    def require_there(self, n: int) -> None:
        """Raise UserError where the line has only n characters."""
        whole = f"the line {name_marks(self.line.text)!r} has {n} characters"
        require_below("letter", self.letter, n, whole)

    def goal(self, choice: Choice, unit: Unit, number: Callable[[str], int]) -> Goal:
        """Make what is to be learned: the true letter, else more of the unit itself."""
        if self.target is None:
            return Goal.of_unit(unit, f"z of {choice.name}")
        true = number(self.target)
        place: tuple[int | slice, ...] = (*unit.index[:-1], slice(None))
        text = f"-ln p of the true {choice.names(true)}, in place of {choice.name}"
        return Goal.cross_entropy(text, unit.tensor, place, true, self.rate)


def probe_letter(reader: OnnxNetwork, find: Find, pixels: Pixels, opened: OpenLetter) -> Probe:
    """Find the unit that said a letter of a line, at the step where it was surest.

    find: finds the characters in the logits (T, N) of a line
    """
    batch, _ = stack_lines([cut_line(pixels, opened.line.quad)])
    logits = reader.run(line=batch)["logits"][0]
    said = find(logits)
    opened.require_there(len(said))
    chosen = said[opened.letter]
    number = NUMBERS[chosen.character]
    name = f"{name_character(number)} at step {chosen.step}"
    seen = logits[chosen.step].astype(np.float64)
    choice = Choice(seen, number, name, name_character, "its spelling decided (--spelling)")
    unit = Unit("logits", (0, chosen.step, number))
    strip = straighten(pixels, np.asarray(opened.line.quad, np.float64), WIDER)
    shown = strip.repeat(ENLARGED, axis=0).repeat(ENLARGED, axis=1)
    middle = (ENLARGED * STEP * chosen.step + ENLARGED * STEP // 2, ENLARGED * HEIGHT // 2)
    return Probe(
        reader.path,
        {"line": batch},
        unit,
        opened.goal(choice, unit, letter_number),
        choice_steps(choice),
        describe_reader,
        ProbedImage(shown, middle, f"{name}, {STEP} pixels a step"),
        ("line",),
        saliency=True,
    )


def probe_spelling(speller: OnnxNetwork, opened: OpenLetter) -> Probe:
    """Find the unit that said how likely a letter of a line follows those before it."""
    text = opened.line.text
    opened.require_there(len(text))
    before = list_before(text[: opened.letter])
    logits = speller.run(before=before)["logits"][0].astype(np.float64)
    number = spelled_number(text[opened.letter])
    name = f"{name_letter(number)} behind {name_marks(text[: opened.letter][-K:])!r}"
    choice = Choice(logits, number, name, name_letter, "its look decided")
    unit = Unit("logits", (0, number))
    goal = opened.goal(choice, unit, lambda target: spelled_number(letter_of(target)))
    return Probe(speller.path, {"before": before}, unit, goal, choice_steps(choice), word_speller)


def is_plain(character: str) -> bool:
    """Tell a digit, or a letter without an accent."""
    return character.isascii() and character.isalnum()


def letter_number(target: str) -> int:
    """Give the number of a character; raises UserError for what the reader doesn't know."""
    return NUMBERS[letter_of(target)]


def letter_of(target: str) -> str:
    """Give a character that the reader knows; raises UserError for others."""
    if target not in NUMBERS:
        raise UserError(
            "option.choice",
            f"target is {target!r}; it is one character that the reader knows:"
            f" {''.join(filter(is_plain, CHARACTERS))}"
            " and signs and accented letters of English, German, French and Spanish",
            name="target",
            value=target,
        )
    return target


def name_character(number: int) -> str:
    """Name an output of the reader."""
    return "no letter" if number == 0 else repr(name_marks(CHARACTERS[number - 1]))


def describe_reader(unit: Unit) -> str | None:
    """Say what a unit of the reader's input or output is."""
    if unit.tensor == "line":
        return f"brightness at row {unit.index[2]}, column {unit.index[3]} of the line"
    if unit.tensor == "logits":
        return f"z of {name_character(unit.index[2])} at step {unit.index[1]}"
    return None


def name_letter(number: int) -> str:
    """Name an output of the speller."""
    if number == TEXT_END:
        return "the end"
    letter = LETTERS[number - 1]
    return "a digit" if letter == "0" else "a mark" if letter in MARKS else repr(letter)


def word_speller(unit: Unit) -> str | None:
    """Say what a unit of the speller's output is."""
    return f"z of {name_letter(unit.index[1])}" if unit.tensor == "logits" else None


# --- a word -------------------------------------------------------------------------------------


def probe_word(translator: Translator, traced: Sequence[TracedPart], word: int) -> Probe:
    """Find the unit that said a word of a translation: that of its first piece.

    word: its number in the translation, from 0
    """
    starts = [
        (part, k)
        for part in traced
        for k, token in enumerate(part.best.tokens)
        if k == 0 or is_start(token)
    ]
    require_below("word", word, len(starts), f"the network wrote {len(starts)} words")
    part, k = starts[word]
    feeds, logits, shares = replay(translator, part.encoded, part.best.tokens[:k])
    token = part.best.tokens[k]
    name = f"{name_token(token)}, token {k + 1} of the translation"
    choice = Choice(logits, token, name, name_token, "the rest of the text decided")
    unit = Unit("logits", (0, token))
    return Probe(
        translator.step.path,
        feeds,
        unit,
        Goal.of_unit(unit, f"z of {name_token(token)}"),
        (Step(attention_step(part.encoded, shares)), *choice_steps(choice, first=1)),
        partial(describe_translator, source=part.encoded),
        before=(translator.encoder.path,),
    )


def replay(
    translator: Translator, encoded: EncodedText, written: Sequence[int]
) -> tuple[dict[str, Floats], NDArray[np.float64], NDArray[np.float64]]:
    """Bring the networks to where some tokens are written: their inputs, and the next logits (V,).

    What no translation may hold, such as marks that the source has not, is at -inf. Also gives the
    share of each token of the source (S,) that the last layer reads.
    """
    source = {"tokens": pad([encoded.tokens]), "cases": pad([encoded.cases])}
    read = translator.encoder.run(**source)
    layers, width = translator.step.input_shapes["state"][1:]
    state = np.zeros((1, layers, width), np.float32)
    token = np.array([END], np.int64)
    for following in written:
        state = translator.step.run(token=token, state=state, **read)["next_state"]
        token = np.array([following], np.int64)
    made = translator.step.run(token=token, state=state, **read)
    logits = made["logits"][0].astype(np.float64)
    logits[:FIRST_PIECE] += bar_signs(encoded)
    shares = made["attention"][0].astype(np.float64)
    return {**source, "token": token, "state": state}, logits, shares


def attention_step(source: EncodedText, shares: NDArray[np.float64]) -> NeuronRecord:
    """Tell where in the source the decoder looks: shares that add up to 1."""
    terms = tuple(
        Term(f"attention to {name_token(token)}, token {n + 1} of the source", float(share), 1.0)
        for n, (token, share) in enumerate(zip(source.tokens, shares, strict=True))
    )
    most = int(shares.argmax())
    name = f"attention of the last layer, most of it to {name_token(source.tokens[most])}"
    total = float(shares.sum())
    return NeuronRecord(name, terms, 0.0, IDENTITY, Observed(total, total, ROUNDING))


def is_start(token: int) -> bool:
    """Tell a token that begins a word."""
    return token >= FIRST_PIECE and Subwords.load().pieces[token - FIRST_PIECE].startswith(BLANK)


def name_token(token: int) -> str:
    """Name a token for people: a piece of a word, or a sign."""
    if token >= FIRST_PIECE:
        return repr(Subwords.load().pieces[token - FIRST_PIECE].replace(BLANK, " "))
    for mark, number in MARK_TOKENS.items():
        if number == token:
            return f"copy {[*MARK_TOKENS].index(mark) + 1} of the source"
    targets, sources = ({n: language for language, n in signs.items()} for signs in (TO, FROM))
    if token in targets:
        return f"the sign that it is to become {targets[token]}"
    return f"the sign that it is {sources[token]}" if token in sources else "the end"


def describe_translator(unit: Unit, source: EncodedText) -> str | None:
    """Say what a unit of an input or output of the translator is."""
    if unit.tensor == "logits":
        return f"z of {name_token(unit.index[1])}"
    if unit.tensor in ("keys", "values"):
        place = unit.index[3]
        token = name_token(source.tokens[place])
        return f"what is read of {token}, token {place + 1} of the source"
    return None
