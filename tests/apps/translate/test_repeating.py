"""What a package says in several languages is translated once."""

import pytest

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.repeating import list_meanings, say_once, tell_first, translate_parts


@pytest.mark.parametrize(
    ("text", "to", "said"),
    [
        ("Salz/Sel", "en", "Salt"),
        ("SALZ / SEL", "en", "SALT"),
        ("davon Zucker/ dont sucres:", "en", "Of which sugars:"),
        ("Eiweiss/Protéines", "es", "Proteínas"),
        ("Salz/Sel", "fr", "Sel"),
        ("Inhalt/Contenu/Contenuto", "en", "Contents"),
        ("Zusammensetzung · Composition · Composizione", "en", "Composition"),
        ("Zutaten / Ingredients", "en", "Ingredients"),
        ("Wurst/Käse", "en", None),
        ("Tee/Thé/Kaffee", "en", None),
        ("und/oder", "en", None),
        ("Land/Staat", "en", None),  # two words of one language
        ("Gift/Geschenk", "en", None),
        ("pull/draw", "de", None),
        ("Rot/Rouge/Rojo", "en", "Red"),
        ("Milch/Lait 1 l", "en", None),
        ("Salz", "en", None),
        ("/", "en", None),
        ("", "en", None),
    ],
)
def test_one_thing_in_several_languages_is_said_once(text: str, to: str, said: str | None) -> None:
    found = say_once(text, to)
    assert found is None if said is None else found is not None
    assert (found or "").casefold() == (said or "").casefold()


def test_the_first_part_tells_the_language() -> None:
    assert tell_first("Salz/Sel") == "de"
    assert tell_first("Sel/Salz") == "fr"
    assert tell_first("Rot/Rouge/Rojo") == "de"
    assert tell_first("Wurst/Käse") is tell_first("Salz") is tell_first("") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ein/Aus", "On/Off"),
        ("km/h", "km/h"),
        ("Bosch/Siemens", "Bosch/Siemens"),
        ("Ein / Aus", None),
        ("Ein", None),
    ],
)
def test_parts_that_no_list_has_stay(text: str, said: str | None) -> None:
    assert translate_parts(text, "de", "en") == said


def test_a_part_may_be_in_the_language_already() -> None:
    assert "ingredients" in list_meanings("Ingredients", "en")
    assert list_meanings("Xqwz", "en") == {}


def test_the_application_says_it_once() -> None:
    assert Translate().translate_texts(["• Salz/Sel 0,1 g"], "en", "de") == ["• Salt 0,1 g"]
