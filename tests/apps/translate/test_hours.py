"""Opening hours are translated by a list, and nothing else is taken for them."""

import pytest

from neuropil.apps.translate.hours import look_up, read_rows, translate_hours


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
    ],
)
def test_days_and_times_are_translated(from_: str, to: str, text: str, translation: str) -> None:
    assert translate_hours(text, from_, to) == translation


@pytest.mark.parametrize(
    ("from_", "text"),
    [
        ("de", "Montag"),  # other lists know it
        ("de", "So ist es 3-mal"),
        ("fr", "de sa"),
        ("fr", "9h30"),
        ("es", "Mi casa 3"),
        ("en", "Sun"),
        ("en", ""),
        ("en", "12:30"),
    ],
)
def test_other_texts_are_left_alone(from_: str, text: str) -> None:
    assert translate_hours(text, from_, "de" if from_ == "en" else "en") is None


def test_other_lists_come_first() -> None:
    assert look_up("Montag", "de", "en") == "Monday"
    assert look_up("Mo-Fr", "de", "en") == "Mon-Fri"
    assert look_up("Montags geschlossen", "de", "en") == "Closed on Mondays"


def test_every_row_says_something_in_english_and_may_be_a_day() -> None:
    for row in read_rows("hours.tsv"):
        assert row[0]
        assert any(row[1:4])
        assert row[4:] in ([], ["d"])
