"""What stands around a text is taken off whole, and put back as it was."""

import pytest

from neuropil.apps.translate.peeling import peel


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("• Tagessuppe ....... 4,50 €", ("• ", "Tagessuppe", " ....... 4,50 €")),
        ("- Eier mit Speck 12,50 €", ("- ", "Eier mit Speck", " 12,50 €")),
        ("Bier 0,5 l 4,80 €", ("", "Bier", " 0,5 l 4,80 €")),
        ("Zucker 12 %", ("", "Zucker", " 12 %")),
        ("Menú del día $5.99", ("", "Menú del día", " $5.99")),
        ("12,50 €", ("", "12,50 €", "")),
        ("Der Hund ist da.", ("", "Der Hund ist da.", "")),
        ("Seite 5", ("", "Seite 5", "")),
        ("30 Kapseln", ("", "30 Kapseln", "")),
        ("Lomo (350 g)", ("", "Lomo (350 g)", "")),
        ("Zutaten: Wasser, Hafer 12%, Salz.", ("", "Zutaten: Wasser, Hafer 12%, Salz.", "")),
        ("um 8:30 Uhr", ("", "um 8:30 Uhr", "")),
        ("Gulasch ...... CHF 21.–", ("", "Gulasch", " ...... CHF 21.–")),
        ("Kalbsbraten ... 14", ("", "Kalbsbraten", " ... 14")),
        ("Salat ----- 21,00 / 25,00", ("", "Salat", " ----- 21,00 / 25,00")),
        ("Hausgemachte Lasagne ......", ("", "Hausgemachte Lasagne", " ......")),
        ("Käsespätzle..", ("", "Käsespätzle", "..")),
        ("Vitamin B-12 mg", ("", "Vitamin B-12 mg", "")),
        ("", ("", "", "")),
    ],
)
def test_bullets_prices_and_amounts_are_taken_off(text: str, parts: tuple[str, str, str]) -> None:
    assert peel(text) == parts
    assert "".join(peel(text)) == text
