"""New lines made of pieces of real ones: what people write and the database hardly has.

A text comes from a pattern: a postcode, a price, a time, an address, capitals, a name, a quotation,
letters in an order that no English word has. Its words and characters are then taken from one
writer's pieces, or borrowed; only characters that nobody ever wrote are drawn (`glyphs.py`).

    P  points of a line: (P, 4), x, y, pen up, the place in the text that each belongs to
"""

import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from neuropil.apps.handwrite.alphabet import ALPHABET
from neuropil.apps.handwrite.lab.glyphs import Forms, HandGeometry, draw_glyphs
from neuropil.apps.handwrite.lab.stroke_bank import AlignedLine, Piece, StrokeBank, take
from neuropil.apps.handwrite.layout import CAPITAL_HEIGHT
from neuropil.apps.handwrite.strokes import Line

WORD, CHUNKS = "\0", "\1"  # in a pattern: one of the writer's words, parts of several put together
ENOUGH = 20  # pieces of a character from which on it is never drawn
OFTEN = 2000  # times that each character is to be seen in an epoch: all real lines, and COMPOSED
COMPOSED = 2  # composed lines beside each real one
N_SAMPLED = 20_000  # patterns by which characters are counted
SLACK = 4  # characters by which a composed line may be shorter or longer than asked for
SIZE, LIFT = 0.05, 0.04  # standard deviations of a piece's size and of its height above the line
TIGHT = frozenset(".,;:!?'\"-_")  # characters that stand close to the one before them

CAPITALS, DIGITS = string.ascii_uppercase, string.digits

Random = np.random.Generator


def some(characters: str, n: int, rng: Random) -> str:
    """Draw n characters."""
    return "".join(rng.choice(list(characters), n))


def letters(n: int, rng: Random, of: str = string.ascii_lowercase) -> tuple[str, ...]:
    """Draw n small letters."""
    return tuple(some(of, n, rng))


def number(digits: int, rng: Random) -> str:
    """Draw a number of so many digits that does not begin with 0."""
    return some(DIGITS[1:], 1, rng) + some(DIGITS, digits - 1, rng)


def one_of(choices: Sequence[str], rng: Random) -> str:
    """Draw one of several texts."""
    return str(choices[int(rng.integers(len(choices)))])


def capitals(rng: Random) -> str:
    """Write a word in capitals: of a list, or of any letters with vowels between them."""
    if rng.random() < 0.5:
        return one_of(SHOUTED, rng)
    letters = [some("BCDFGHJKLMNPQRSTVWXZ" if i % 2 else "AEIOUY", 1, rng) for i in range(8)]
    start = int(rng.integers(3))
    return "".join(letters[start : start + int(rng.integers(2, 6))])


def abbreviation(rng: Random) -> str:
    """Write initials and abbreviations: NATO, U.S., J. K."""
    letters = list(some(CAPITALS, int(rng.integers(1, 5)), rng))
    return one_of(["".join(letters), ".".join(letters) + ".", ". ".join(letters) + "."], rng)


def postcode(rng: Random) -> str:
    """Write a postcode: NW1 6XE, 10115, D-80331, CA 94110."""
    area = some(CAPITALS, int(rng.integers(1, 3)), rng) + number(int(rng.integers(1, 3)), rng)
    british = f"{area} {some(DIGITS, 1, rng)}{some(CAPITALS, 2, rng)}"
    state = f"{some(CAPITALS, 2, rng)} {number(5, rng)}"
    return one_of(
        [british, british, number(5, rng), f"{some(CAPITALS, 1, rng)}-{number(5, rng)}", state], rng
    )


def price(rng: Random) -> str:
    """Write a price or a share: $45.50, 1,299.-, 19%, +3.5 %."""
    amount = number(int(rng.integers(1, 4)), rng)
    cents = f"{amount}.{some(DIGITS, 2, rng)}"
    share = f"{one_of(['', '', '+', '-', '~'], rng)}{amount}%"
    return one_of(
        [f"${amount}", f"${cents}", cents, f"{amount},{some(DIGITS, 3, rng)}", share], rng
    )


def moment(rng: Random) -> str:
    """Write a time or a date: 10:30, 7.15 pm, 9/5/2024, 2024-05-09, 12.03.87."""
    hour, minute = int(rng.integers(1, 25)), f"{int(rng.integers(60)):02}"
    day, month, year = (
        int(rng.integers(1, 32)),
        int(rng.integers(1, 13)),
        int(rng.integers(1900, 2040)),
    )
    return one_of(
        [
            f"{hour}:{minute}",
            f"{hour}.{minute} {one_of(['am', 'pm', 'a.m.'], rng)}",
            f"{day}/{month}/{year}",
            f"{year}-{month:02}-{day:02}",
            f"{day:02}.{month:02}.{year % 100:02}",
            f"{day} {one_of(MONTHS, rng)} {year}",
            f"{one_of(MONTHS, rng)} {day}, '{year % 100:02}",
        ],
        rng,
    )


def telephone(rng: Random) -> str:
    """Write a telephone number: +44 20 7946 0958, (030) 555-1234."""
    return one_of(
        [
            f"+{number(2, rng)} {number(2, rng)} {some(DIGITS, 4, rng)} {some(DIGITS, 4, rng)}",
            f"({some(DIGITS, 3, rng)}) {number(3, rng)}-{some(DIGITS, 4, rng)}",
            f"0{number(3, rng)}/{some(DIGITS, 5, rng)}",
        ],
        rng,
    )


def address(rng: Random) -> str:
    """Write an e-mail address, a page's address, a file's name."""
    end = one_of(["com", "org", "net", "de", "co.uk", "fr", "edu", "info"], rng)
    dot = one_of([".", "_", "-", ""], rng)
    return one_of(
        [
            f"{WORD}{dot}{WORD}@{WORD}.{end}",
            f"{WORD}{number(2, rng)}@{WORD}.{end}",
            f"www.{WORD}.{end}",
            f"https://{WORD}.{end}/{WORD}",
            f"{WORD}.{end}/~{WORD}?{some('qvxz', 1, rng)}={number(1, rng)}",
            f"C:\\{WORD}\\{WORD}.txt",
            f"@{WORD}_{number(2, rng)}",
            f"#{WORD}",
        ],
        rng,
    )


def code(rng: Random) -> str:
    """Write a code or a formula: C02-059, #42, [3], f(x) = x^2, a_b, {k: v}, <b>, `ls | wc`."""
    a, b = letters(2, rng)
    n = number(int(rng.integers(1, 3)), rng)
    return one_of(
        [
            f"{some(CAPITALS, int(rng.integers(1, 4)), rng)}{one_of(['-', '', '/', ' '], rng)}{n}",
            f"No. {n}",
            f"#{n}",
            f"[{n}]",
            f"{a}({b}) = {b}^{n[0]}",
            f"{a} = {n}*{b} + {number(1, rng)}",
            f"{a}_{n[0]} <= {number(1, rng)}",
            f"{{{a}: {n}}}",
            f"<{a}>",
            f"{a} > {b}",
            f"`{WORD} | {WORD}`",
            f"{some(CAPITALS, 1, rng)}&{some(CAPITALS, 1, rng)}",
            f"{WORD} & {WORD}",
            f"{n}/{number(2, rng)}",
            f"~{n}",
            f"*{WORD}*",
            f"{n} x {number(2, rng)}",
        ],
        rng,
    )


def name(rng: Random) -> str:
    """Write a name: a capital and a word of the writer's, or a name of a list."""
    made = f"{some(CAPITALS, 1, rng)}{one_of([WORD, CHUNKS], rng)}"
    return one_of(
        [made, made, f"{one_of(NAMES, rng)}", f"Mr. {made}", f"{made}'s", f"{made}-{made}"], rng
    )


def quotation(rng: Random) -> str:
    """Write words in quotes or brackets, or with a sign behind them."""
    left, right = tuple(one_of(['""', "''", "()", "[]", "{}", '""', "()", "**"], rng))
    sign = one_of(["!", "?", ";", ":", ",", "...", "!!", "?!"], rng)
    return one_of(
        [f"{left}{WORD}{right}", f"{left}{WORD} {WORD}{right}", f"{WORD}{sign}", f"{WORD}-{WORD}"],
        rng,
    )


def spell_out(rng: Random) -> str:
    """Write small letters in an order that no English word has: Fijii, oeoe, Straat."""
    return one_of([CHUNKS, CHUNKS, double_letters(rng), some(VOWELS, 1, rng) + CHUNKS], rng)


def double_letters(rng: Random) -> str:
    """Write letters twice, or over and over."""
    a, b, c = letters(3, rng)
    v, w = letters(2, rng, VOWELS)
    return one_of(
        [f"{a}{v}{b}{b}{w}{c}{c}", f"{v}{w}{v}{w}{v}", f"{a}{v}{v}{b}{w}", f"{a}{a}{v}{b}{b}"], rng
    )


VOWELS = "aeiou"
COMMONEST = "etao"  # stand for a word where a writer has none
MONTHS = "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec January March August October".split()
NAMES = (
    "Ada Adam Anna Ben Carl Dora Emma Felix Greta Hugo Ida Jack Kate Leo Mia Nora Oscar Paul "
    "Quentin Rosa Sam Tina Ute Vera Will Xaver Yves Zara Zoe Kim Uwe Val Liz Jo Max Eve Ian"
).split()
SHOUTED = (
    "THE AND NOT FOR ALL NEW OLD STOP GO EXIT OPEN CLOSED SALE FREE NO YES PLEASE DANGER PRIVATE "
    "KEEP OUT QUICK BROWN FOX JUMPS OVER LAZY DOG ZERO MAXIMUM QUEUE KEY VIEW EXTRA JUICE LIZARD "
    "WALK KING QUIZ BOX SIXTY GRAVY VALVE UNIT URGENT IMPORTANT WELCOME HAPPY BIRTHDAY JOY LOVE "
    "EUROPE LONDON PARIS ZURICH KIEV OXFORD HOTEL BUS TAXI POST BANK USA UK EU UN BBC NASA PDF DVD "
    "TV OK ASAP RSVP PS FAQ DIY VAT ID GPS WWW HTTP HELP NOTICE WARNING FRAGILE"
).split()
PATTERNS: tuple[tuple[float, Callable[[Random], str]], ...] = (  # how often, and what
    (3.0, capitals),
    (0.7, abbreviation),
    (1.2, postcode),
    (1.2, price),
    (1.2, moment),
    (0.6, telephone),
    (1.8, address),
    (1.8, code),
    (1.8, name),
    (1.5, quotation),
    (1.2, spell_out),
)
RARITIES = 0.4  # of the patterns are one to five of the characters that are still rare
SHARES = np.array([share for share, _ in PATTERNS]) / sum(share for share, _ in PATTERNS)


@dataclass(frozen=True, eq=False)
class Composer:
    """Makes lines of one part of the writers, with one set of drawn forms.

    rare: (95,), the share of each character among those that are strewn in because they are rare
    """

    bank: StrokeBank
    forms: Forms
    rare: NDArray[np.float64]

    def compose(self, line: AlignedLine, length: int, rng: Random) -> tuple[Line, str]:
        """Put patterns before, among and behind a few words of a real line: about so many signs."""
        its = self.bank.writers[line.writer]
        pieces = [self.write(self.draw_pattern(rng), line.writer, rng)]
        run = take_run(line, length - len(pieces[0][1]), rng)
        if run is not None:
            pieces.insert(int(rng.integers(2)), run)
        while len(joined := " ".join(text for _, text in pieces)) < length - SLACK:
            pattern = self.write(self.draw_pattern(rng), line.writer, rng)
            if len(joined) + len(pattern[1]) < length + SLACK:
                pieces.insert(int(rng.integers(len(pieces) + 1)), pattern)
        gap = its.word_gap * rng.uniform(0.8, 1.3)
        made, said = pieces[0]
        for piece, text in pieces[1:]:
            made = append(made, piece, gap * rng.uniform(0.7, 1.3), len(said) + 1)
            said = f"{said} {text}"
        return its.metrics.place(made, 0.0), said

    @cached_property
    def writable(self) -> frozenset[str]:
        """Name the signs that somebody wrote, or that can be drawn."""
        return frozenset({*self.bank.counts, *self.forms, WORD, CHUNKS, " "})

    def draw_pattern(self, rng: Random) -> str:
        """Draw what to write, of writable characters."""
        while True:
            if rng.random() < RARITIES:
                n = int(rng.integers(1, 6))
                pattern = "".join(rng.choice(list(ALPHABET), n, p=self.rare))
            else:
                pattern = draw_pattern(rng)
            if self.writable.issuperset(pattern):
                return pattern

    def write(self, pattern: str, writer: str, rng: Random) -> tuple[Piece, str]:
        """Write a pattern in a writer's pieces: in heights of a small letter, and its text."""
        its = self.bank.writers[writer]
        near = its.letter_gap * rng.uniform(0.7, 1.3)
        made, said, space = np.zeros((0, 4)), "", False
        for sign in pattern:
            if sign == " ":
                said, space = said + " ", True
                continue
            for piece, text in self.parts(sign, writer, rng):
                gap = its.word_gap if space else near * (0.5 if text in TIGHT else 1)
                made = append(made, vary(piece, rng), gap * rng.uniform(0.7, 1.4), len(said))
                said, space = said + text, False
        return made, said

    def parts(self, sign: str, writer: str, rng: Random) -> list[tuple[Piece, str]]:
        """Find the pieces for one sign of a pattern."""
        its = self.bank.writers[writer]
        if sign == WORD and its.words:
            return [pick_of(its.words, rng)]
        if sign in (WORD, CHUNKS) and its.chunks:
            return [pick_of(its.chunks, rng) for _ in range(int(rng.integers(1, 4)))]
        character = sign if sign not in (WORD, CHUNKS) else some(COMMONEST, 1, rng)
        return [(self.character(character, writer, rng), character)]

    def character(self, character: str, writer: str, rng: Random) -> Piece:
        """Take a character from the bank, or draw it where real ones are few."""
        n = self.bank.counts.get(character, 0)
        if character in self.forms and rng.random() >= n / ENOUGH:
            hand = HandGeometry(-CAPITAL_HEIGHT, 0.0, self.bank.writers[writer].metrics.slant)
            shape = draw_glyphs(character, self.forms, hand, rng)
            return np.column_stack([shape, np.zeros(len(shape))])
        return self.bank.pick(writer, character, rng)


def measure_rarity(texts: Sequence[str], rng: Random) -> NDArray[np.float64]:
    """Give each of the 95 its share among strewn-in characters, by how far it is from OFTEN.

    An epoch is each of the real texts once, and beside it COMPOSED lines of about that length; half
    of what is composed are patterns.
    """
    counts = Counter("".join(texts))
    drawn_texts = [draw_pattern(rng) for _ in range(N_SAMPLED)]
    n_signs = COMPOSED * sum(counts.values()) * (1 - RARITIES) / 2
    factor = n_signs / (sum(map(len, drawn_texts)) + 1)
    seen = Counter("".join(drawn_texts))
    lacking = [max(0.0, OFTEN - counts[c] - factor * seen[c]) for c in ALPHABET]
    shares = np.array(lacking) + 1.0
    shares[ALPHABET.index(" ")] = 0.0
    total: NDArray[np.float64] = shares / shares.sum()
    return total


def draw_pattern(rng: Random) -> str:
    """Draw what to write."""
    return PATTERNS[int(rng.choice(len(PATTERNS), p=SHARES))][1](rng)


def pick_of(pieces: Sequence[tuple[Piece, str]], rng: Random) -> tuple[Piece, str]:
    """Draw one of several pieces."""
    return pieces[int(rng.integers(len(pieces)))]


def vary(piece: Piece, rng: Random) -> Piece:
    """Change a piece's size and its height above the line a little."""
    scale = np.exp(rng.normal(0, SIZE, 2))
    places = piece[:, :2] * scale + [0.0, rng.normal(0, LIFT)]
    return np.column_stack([places, piece[:, 2:]])


def append(first: Piece, second: Piece, gap: float, place: int) -> Piece:
    """Put a piece to the right of another; its text begins at `place` of the whole."""
    reach = first[:, 0].max() + gap if len(first) else 0.0
    moved = second + np.array([reach - second[:, 0].min(), 0.0, 0.0, place])
    return np.concatenate([first, moved])


def take_run(line: AlignedLine, room: int, rng: Random) -> tuple[Piece, str] | None:
    """Take consecutive words that are well apart from others, of at most so many characters."""
    spaces = [-1, *(i for i, sign in enumerate(line.text) if sign == " "), len(line.text)]
    spaces = [place for place in spaces if line.is_apart(place)]
    start = spaces[int(rng.integers(len(spaces)))] + 1
    ends = [place for place in spaces if start < place <= start + room]
    if not ends:
        return None
    end = ends[int(rng.integers(len(ends)))]
    piece = take(line, start, end)
    return (piece, line.text[start:end]) if len(piece) else None
