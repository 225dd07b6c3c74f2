"""The classifier on the sample photographs, as sections of the page that `neuropil demo` makes."""

from pathlib import Path

from neuropil.apps.classify.app import Classify
from neuropil.apps.classify.prediction import ClassName
from neuropil.core.probe import Probe
from neuropil.kit.html.page import Section, figure, paragraph, row, table
from neuropil.kit.media.image import Image

SAMPLES = Path(__file__).parents[2] / "samples"
CAT = SAMPLES / "cat-color.jpg"
SHOWN = 320  # pixels of a photograph in the page
EXAMPLE_COMMAND = (
    "From the probability of a cat down to the pixels: cat-color.jpg --label cat --classes ten"
)


def sections() -> list[Section]:
    """Say what the samples show, and why one of them is a cat."""
    app = Classify()
    cat, *others = [CAT, *sorted(set(SAMPLES.glob("*.jpg")) - {CAT})]
    return [
        Section(
            "What is in a picture",
            paragraph(
                "A thousand kinds of things, or none of them. `neuropil classify cat.jpg` What "
                "sees them is EfficientNet-Lite0, which others have trained. People as such are no "
                "class of it: of a person it names a thing, or says none of them."
            )
            + row(figure(Image.open(p).thumbnail(SHOWN), caption(app, p)) for p in (cat, *others)),
        ),
        Section("Why it is a cat: a network of ten classes, trained here", crop_table(app)),
    ]


def caption(app: Classify, path: Path) -> str:
    """Caption a photograph with what was said of it."""
    return ", ".join(str(guess) for guess in app(Image.open(path)).guesses)


def crop_table(app: Classify) -> str:
    """List what each view of the cat says for the classes that are most likely."""
    photo = Image.open(CAT)
    classifier = app.classifier("ten")
    answer, names = classifier.predict(photo), [crop.name for crop in classifier.crops(photo)]
    best = sorted(range(len(answer.classes)), key=lambda k: -answer.z[k])[:4]
    rows = [
        (names[v], *(f"{answer.logits[v, k]:.3f}" for k in best), f"{answer.none_logits[v]:.3f}")
        for v in range(len(names))
    ]
    rows += [("mean z", *(f"{answer.z[k]:.3f}" for k in best), f"{answer.none_logits.mean():.3f}")]
    known = 1 - answer.p_none
    shown = (
        *(f"{100 * known * answer.class_probabilities[k]:.1f} %" for k in best),
        f"{100 * (1 - known):.1f} %",
    )
    rows += [("p", *shown)]
    columns = ("z of", *(answer.classes[k] for k in best), answer.none_label)
    words = (
        f"p = (1 - p of none) · softmax(z / {answer.temperature:.3f}), p of none = σ(z). "
        "Every z is a neuron of the network, whose terms are below."
    )
    return table(columns, rows) + paragraph(words)


def example_probe() -> Probe:
    """Choose the neuron that the page opens: the cat's."""
    return Classify().probe(Image.open(CAT), label=ClassName("cat"), classes="ten")
