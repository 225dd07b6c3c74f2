"""Opening hours are translated by a list, and nothing else is taken for them."""

import pytest

from neuropil.apps.translate.app import Translate
from neuropil.apps.translate.hours import tell_language, translate_hours
from neuropil.apps.translate.lexicon import read_rows


@pytest.mark.parametrize(
    ("from_", "to", "text", "translation"),
    [
        ("de", "en", "Mo.-Fr. 8:00-18:00 Uhr", "Mon-Fri 8:00-18:00"),
        ("de", "fr", "Sa. 10-14 Uhr", "Sam. 10-14 h"),
        ("de", "en", "Sonn- und Feiertage geschlossen", "Sundays and public holidays closed"),
        ("de", "es", "täglich von 10 bis 20 Uhr", "todos los días de 10 a 20 h"),
        ("es", "en", "LUNES A VIERNES DE 9 A 14 H", "MONDAY TO FRIDAY FROM 9 TO 14 H"),
        ("es", "en", "Sábados, domingos y festivos.", "Saturdays, Sundays and public holidays."),
        (
            "fr",
            "en",
            "du lundi au vendredi de 9h30 à 12h",
            "from Monday to Friday from 9h30 to 12h",
        ),
        ("fr", "en", "Fermé le dimanche", "Closed Sunday"),
        ("fr", "en", "tous les jours, sauf l'après-midi", "daily, except in the afternoon"),
        ("en", "de", "Mon - Fri 9.00 - 17.00", "Mo - Fr 9.00 - 17.00"),
        ("en", "es", "Mon-Fri 9am-5:30 p.m.", "Lun.-vie. 9:00-17:30"),
        ("en", "fr", "Sat 12am - 12pm", "Sam. 0:00 - 12:00"),
        ("en", "de", "Closed Mon", "Geschlossen Mo"),
        ("de", "en", "Mo. Ruhetag", "Mon closed"),
        ("de", "en", "Mo-Fr 9-18 Uhr, Sa 9-13 Uhr", "Mon-Fri 9-18, Sat 9-13"),
        ("de", "en", "Mo.bis Fr.von 9 bis 18Uhr", "Mon to Fri from 9 to 18"),
        ("de", "en", "Mo -Fr9-18 Uhr", "Mon -Fri 9-18"),
        ("de", "en", "9-18 Uhr", "9-18"),
        ("de", "fr", "täglich ab 18 Uhr", "tous les jours dès 18 h"),
        ("es", "en", "lunes a sabado de 9 a 14 h", "Monday to Saturday from 9 to 14 h"),
        ("es", "de", "cerrado los lunes", "geschlossen Montag"),
    ],
)
def test_days_and_times_are_translated(from_: str, to: str, text: str, translation: str) -> None:
    assert translate_hours(text, from_, to) == translation


@pytest.mark.parametrize(
    ("from_", "text"),
    [
        ("de", "Montag"),  # other lists know it
        ("de", "So ist es 3-mal"),
        ("de", "Die 7"),
        ("de", "Mit 16"),
        ("fr", "La mer 3"),
        ("en", "open"),
        ("fr", "de sa"),
        ("es", "Mi casa 3"),
        ("en", "Sun"),
        ("en", ""),
        ("en", "12:30"),
    ],
)
def test_other_texts_are_left_alone(from_: str, text: str) -> None:
    assert translate_hours(text, from_, "de" if from_ == "en" else "en") is None


def test_the_language_is_the_likeliest_that_has_all_words() -> None:
    none = dict.fromkeys(("en", "de", "fr", "es"), 0.0)
    assert tell_language("Mo-Fr 9-18", none | {"es": 0.9, "de": 0.1}) == "de"
    assert tell_language("mar. - sam. 9-12", none | {"fr": 0.3}) == "fr"
    assert tell_language("Ausgang", none | {"de": 1.0}) is None


def test_the_application_asks_the_list_before_any_network() -> None:
    app = Translate()
    assert app.translate_texts(["Mi. nachmittags"], "en", "de") == ["Wed in the afternoon"]
    assert app.translate_texts(["Mo-Fr 9-18 Uhr"], "fr", "de") == ["Lun.-ven. 9-18 h"]
    assert str(app.text("Lun-Ven 9h-12h", to="en").text).strip() == "Mon-Fri 9h-12h"
    assert app.translate_texts(["Montags geschlossen"], "en", "de") == ["Closed on Mondays"]


def test_every_row_has_a_cell_for_each_language_and_may_be_a_day_or_an_hour() -> None:
    for row in read_rows("hours.tsv"):
        assert all(row[:4])
        assert row[4:] in ([], ["d"], ["h"])
