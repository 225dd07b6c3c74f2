"""Numbers, addresses and unknown words go through a translation untouched."""

import pytest

from neuropil.apps.translate.copying import MARKS, Copies
from neuropil.apps.translate.preprocess import known_characters


def mark(text: str) -> tuple[str, list[str]]:
    copies = Copies()
    marked = copies.mark(text, known_characters())
    for i, character in enumerate(MARKS):
        marked = marked.replace(character, f"<{i}>")
    return marked, copies.texts


@pytest.mark.parametrize(
    ("text", "marked", "copied"),
    [
        ("Menü 2: 14,50 €", "Menü <0>: <1> €", ["2", "14,50"]),
        ("open 10:30-18:00.", "open <0>.", ["10:30-18:00"]),
        ("May 3rd, A4", "May <0>rd, A<1>", ["3", "4"]),
        ("3 + 3 = 6", "<0> + <0> = <1>", ["3", "6"]),
        ("www.gare-du-nord.fr/plan!", "<0>!", ["www.gare-du-nord.fr/plan"]),
        ("mail: info@bad-aibling.de", "mail: <0>", ["info@bad-aibling.de"]),
        ("gare-du-nord.fr ici", "<0> ici", ["gare-du-nord.fr"]),
        ("(Москва), bitte", "(<0>), bitte", ["Москва"]),
        ("Zimmer №5, 2 Betten", "Zimmer <0>, <1> Betten", ["№5", "2"]),
        ("Nutella® 🍕", "<0> <1>", ["Nutella®", "🍕"]),
        ("n1cht vor 1 Uhr, 5km", "n1cht vor <0> Uhr, <1>km", ["1", "5"]),
        ("2 kg @ 3.50", "<0> kg <1> <2>", ["2", "@", "3.50"]),
        ("von @hotel.post #urlaub!", "von <0> <1>!", ["@hotel.post", "#urlaub"]),
        (f"Code {60 * 'Ab'} neu", "Code <0> neu", [60 * "Ab"]),
        ("Grüße aus Köln", "Grüße aus Köln", []),
        ("CRÈME BRÛLÉE", "CRÈME BRÛLÉE", []),
    ],
)
def test_what_is_copied_is_marked(text: str, marked: str, copied: list[str]) -> None:
    assert mark(text) == (marked, copied)


def test_marked_texts_are_put_back() -> None:
    copies = Copies()
    a, b = copies.mark("7 von 12", known_characters()).split(" von ")
    assert copies.restore(f"of {b}, {a}") == "of 12, 7"


def test_what_the_network_forgot_stands_at_the_end() -> None:
    copies = Copies()
    copies.mark("Suppe 4,50", known_characters())
    assert copies.restore("soup") == "soup 4,50"


def test_a_mark_that_was_not_given_stands_for_nothing() -> None:
    assert Copies().restore(f"soup {MARKS[3]}") == "soup"


def test_numbers_beyond_the_marks_are_left_as_they_are() -> None:
    copies = Copies()
    numbers = [str(n) for n in range(100, 100 + len(MARKS) + 2)]
    marked = copies.mark(" ".join(numbers), known_characters())
    assert marked.split() == [*MARKS, *numbers[len(MARKS) :]]
    assert copies.restore(marked) == " ".join(numbers)


def test_marks_in_a_text_mean_nothing() -> None:
    assert mark(f"a{MARKS[0]}b 5") == ("ab <0>", ["5"])
