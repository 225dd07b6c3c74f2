"""Answers put together from views: how a class is found by what a person types."""

from pathlib import Path

from refusals import refused

from neuropil.apps.classify.app import Classify
from neuropil.apps.classify.prediction import NONE_LABEL, ClassName
from neuropil.kit.media.image import Image

CAT = Path(__file__).parents[3] / "src" / "neuropil" / "samples" / "cat-color.jpg"


def test_a_label_of_the_thousand_in_any_letters() -> None:
    answer = Classify().classifier().predict(Image.open(CAT))

    def named(text: str) -> str:
        number = answer.class_index(ClassName(text))
        return NONE_LABEL if number is None else answer.classes[number]

    for typed, expected in (
        ("CHURCH", "church"),
        ("Golden Retriever", "golden retriever"),
        ("None of them", NONE_LABEL),
        ("NONE", NONE_LABEL),
        ("Cardigan", "Cardigan"),
        ("cardigan", "cardigan"),
        ("Fire Truck", "fire engine"),
        ("Cat", "Egyptian cat"),
        ("sorrel", "horse"),
    ):
        assert named(typed) == expected
    for typed, *possible in (
        ("crane", "crane (bird)", "crane (machine)"),
        ("chruch", "church"),
        ("CARDIGAN", "Cardigan, cardigan", "Cardigan Welsh corgi"),
    ):
        with refused("name.unknown", f"(did you mean {' or '.join(possible)}?)"):
            named(typed)
