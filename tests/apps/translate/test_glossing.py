"""Texts word for word: the longest runs that lists know, forms of words, parts of compounds."""

import pytest

from neuropil.apps.translate.glossing import Glossary


@pytest.mark.parametrize(
    ("from_", "to", "text", "made"),
    [
        ("de", "en", "Gebratene Forelle mit Kräuterbutter", "Roasted trout with herb butter"),
        ("de", "en", "Zutaten: Salz, Zucker (Rohrzucker) 5 %", "Ingredients: Salt, sugar"),
        ("es", "en", "Merluza al horno con patatas fritas", "Baked hake with chips"),
        ("fr", "en", "Soupe d'oignons", "Soup of onions"),
        ("es", "en", "POLLO ASADO", "ROAST CHICKEN"),
        ("en", "de", "trout with butter", "Forelle mit Butter"),
        ("en", "fr", "trout with butter", "truite avec beurre"),
        ("en", "es", "trout and butter", "trucha y mantequilla"),
        ("en", "fr", "grilled salmon fillet", "filet de saumon grillé"),
        ("en", "fr", "orange cake with herrings", "gâteau d'orange avec hareng"),
        ("en", "es", "baked chicken soup", "sopa de pollo al horno"),
        ("en", "de", "grilled salmon soup", "gegrillt Lachssuppe"),
        ("es", "en", "pan muy fresco", "bread very fresh"),
    ],
)
def test_what_lists_know_stands_in_its_order(from_: str, to: str, text: str, made: str) -> None:
    found = Glossary.load(from_, to).translate(text)
    assert found.text.casefold().startswith(made.casefold()), found
    assert found.known == 1


def test_what_no_list_knows_stays_and_is_counted() -> None:
    made = Glossary.load("de", "en").translate("Forelle Xqzbrmpf 12,50 €")
    assert made.text == "Trout Xqzbrmpf 12,50 €"
    assert made.known == 0.5


@pytest.mark.parametrize("text", ["", "12,50 €", "..."])
def test_a_text_without_words_is_not_known(text: str) -> None:
    made = Glossary.load("de", "en").translate(text)
    assert made.known == 0


def test_marks_stand_where_they_stood() -> None:
    made = Glossary.load("es", "en").translate("arroz, pollo (pato) y atún.")
    assert made.text == "rice, chicken (duck) and tuna."


def test_adjectives_stand_in_front_in_english() -> None:
    glossary = Glossary.load("es", "en")
    assert glossary.translate("Solomillo ibérico.").text == "Iberian sirloin."
    assert glossary.translate("pollo y asado").text == "chicken and roasted"


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("merluzas", "hake"),
        ("Forellen", "trout"),
        ("Hände", "hand"),
        ("Gänse", "goose"),
        ("jamon", "ham"),
    ],
)
def test_forms_of_a_word_are_found(word: str, form: str) -> None:
    language = "de" if word[0].isupper() else "es"
    assert Glossary.load(language, "en").translate(word).text.casefold() == form


@pytest.mark.parametrize(
    ("text", "made", "known"),
    [
        ("Salmón Marinodo", "Marinated salmon", 0.75),  # a letter misread
        ("Carrilera con solsa", "Cheek with sauce", 4 / 6),  # one missed
        ("Xqzbrmpf", "Xqzbrmpf", 0),
        ("Pslo", "Pslo", 0),  # too short to be sure
    ],
)
def test_words_misread_by_a_letter_are_half_known(text: str, made: str, known: float) -> None:
    found = Glossary.load("es", "en").translate(text)
    assert found.text.casefold() == made.casefold()
    assert found.known == pytest.approx(known)


def test_a_long_word_is_cut_in_a_blink() -> None:
    """Patterns that try every way to part a word would take longer than the universe is old."""
    word = 200 * "Donaudampfschiff"
    assert Glossary.load("de", "en").translate(word).text == word
