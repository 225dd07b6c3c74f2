"""Capital letters, kept apart from the letters, so that a small vocabulary is enough.

    fold("McDonald, PARIS")      ("mcdonald, paris", (True, False, True, ...))
    case_of((True, False))       FIRST
    apply_case("paris", UPPER)   "PARIS"

Only letters whose small and capital form are one character each, and lead back to each other, have
a case here: ß and the Turkish dotted İ stay as they are.
"""

from collections.abc import Sequence

LOWER = 0
FIRST = 1  # the first letter is a capital
UPPER = 2
N_CASES = 3


def lower_letter(letter: str) -> str:
    """Give the small form of a capital, any other character as it is."""
    small = letter.lower()
    return small if len(small) == 1 and small.upper() == letter else letter


def upper_letter(letter: str) -> str:
    """Give the capital of a small letter, any other character as it is."""
    capital = letter.upper()
    return capital if len(capital) == 1 and capital.lower() == letter else letter


def fold(text: str) -> tuple[str, tuple[bool, ...]]:
    """Give a text in small letters, and for each character whether it was a capital."""
    folded = "".join(map(lower_letter, text))
    return folded, tuple(a != b for a, b in zip(text, folded, strict=True))


def upper_text(text: str) -> str:
    """Give a text in capitals, which `fold` turns into the same small letters as the text."""
    return "".join(map(upper_letter, text))


def case_of(folded: str, capitals: Sequence[bool]) -> int | None:
    """Name the case of a piece of folded text: LOWER, FIRST, UPPER; None where it is mixed."""
    letters = [big for c, big in zip(folded, capitals, strict=True) if upper_letter(c) != c]
    if not any(letters):
        return LOWER
    if letters[0] and not any(letters[1:]):
        return FIRST
    return UPPER if all(letters) else None


def apply_case(folded: str, case: int) -> str:
    """Give folded text in a case."""
    if case == UPPER:
        return upper_text(folded)
    if case == FIRST:
        for i, letter in enumerate(folded):
            if upper_letter(letter) != letter:
                return folded[:i] + upper_letter(letter) + folded[i + 1 :]
    return folded


def even_out(pieces: Sequence[str], cases: Sequence[int]) -> list[int]:
    """Give the pieces of a word one case: all capitals where it begins with some, else none later.

    pieces: folded; one without letters, as a hyphen, begins another word. Single letters keep their
    case, as in iPhone.
    """
    made: list[int] = []
    first = None
    for piece, case in zip(pieces, cases, strict=True):
        letters = sum(map(str.isalpha, piece))
        if not letters:
            first = None
        elif first is None:
            first = case if letters > 1 else None
        elif first == UPPER:
            case = UPPER
        elif letters > 1 and case == UPPER:
            case = LOWER
        made.append(case)
    return made
