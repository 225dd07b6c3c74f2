"""What a network says of a picture, put together from its views.

z = mean of the views' logits            p(class) = (1 - p(none)) · softmax(z / T)
o = mean of the views' outside neuron    p(none) = σ(o)

V  views of a picture     K  classes
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neuropil.core.activations import SIGMOID
from neuropil.eye.network import SeenClass
from neuropil.kit.errors import UserError, suggest

Floats = NDArray[Any]
NONE, NONE_LABEL = "none", "none of them"  # what a person types for it, and is told
FEW = 20  # names: of so many all are listed where one is not known


@dataclass(frozen=True)
class Label:
    """A class, and how likely it is, 0 to 1.

    group: the coarser word that several share, "" where there is none
    group_probability: of all that share the word together, 0 to 1; None where there is no word
    leads_group: whether it is the likeliest of these, which stands where the word stands
    synonyms: other names of it
    """

    name: str
    probability: float
    group: str = ""
    group_probability: float | None = None
    leads_group: bool = False
    synonyms: tuple[str, ...] = ()

    @property
    def rank(self) -> float:
        """Tell what it is sorted by: the likeliest of a word stands where the word stands."""
        of_all = self.group_probability
        return self.probability if of_all is None or not self.leads_group else of_all

    def __str__(self) -> str:
        """Word it in percent: `dog 95.2 %: beagle 61.0 %`, and the next one `dog: boxer 20.3 %`."""
        name = f"{self.name} {percent(self.probability)}"
        if not self.group or self.group == self.name:
            return name
        of_all = f" {percent(self.rank)}" if self.leads_group else ""
        return f"{self.group}{of_all}: {name}"


def percent(p: float) -> str:
    """Word a probability."""
    return f"{100 * p:.1f} %"


@dataclass(frozen=True)
class ClassName:
    """The name of a class."""

    SYNTAX: ClassVar[str] = "CLASS"

    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Take a name; which ones there are, the network tells."""
        if not text.strip():
            raise UserError(
                "option.syntax",
                "the name of a class is empty; give one, as in --label cat",
                name="label",
                value=text,
            )
        return cls(text)


@dataclass(frozen=True, eq=False)
class CropPredictions:
    """What the network says of the views of a picture.

    known: the classes; logits: (V, K); none_logits: (V,); temperature: of the softmax
    none_label: what the answer is called that it is none of the classes, "" where there is none
    """

    known: tuple[SeenClass, ...]
    logits: Floats
    none_logits: Floats
    temperature: float
    none_label: str

    @property
    def classes(self) -> tuple[str, ...]:
        """Name the classes."""
        return tuple(each.name for each in self.known)

    @property
    def z(self) -> Floats:
        """Average the logits of the views: (K,)."""
        mean: Floats = self.logits.astype(np.float64).mean(axis=0)
        return mean

    @property
    def p_none(self) -> float:
        """Tell how likely it is none of the classes: σ of the views' mean."""
        if not self.none_label:
            return 0.0
        return SIGMOID.f(float(self.none_logits.astype(np.float64).mean()))

    @property
    def class_probabilities(self) -> Floats:
        """Tell how likely each class is, if it is one of them: softmax of z / T, (K,)."""
        powers = np.exp((self.z - self.z.max()) / self.temperature)
        p: Floats = powers / powers.sum()
        return p

    def ranked_labels(self) -> tuple[Label, ...]:
        """List all answers, the most likely first, coarser words being answers too."""
        p = (1 - self.p_none) * self.class_probabilities
        totals: dict[str, float] = {}
        best: dict[str, int] = {}
        for k, known in enumerate(self.known):
            totals[known.group] = totals.get(known.group, 0.0) + float(p[k])
            best[known.group] = max(best.get(known.group, k), k, key=lambda i: float(p[i]))
        every = [
            Label(
                each.name,
                float(p[k]),
                each.group,
                totals[each.group] if each.group else None,
                bool(each.group) and best[each.group] == k,
                each.synonyms,
            )
            for k, each in enumerate(self.known)
        ]
        every += [Label(self.none_label, self.p_none)] if self.none_label else []
        return tuple(sorted(every, key=lambda one: -one.rank))

    def class_index(self, label: ClassName) -> int | None:
        """Find a class by its name, another name or a coarser word; None for none of them.

        Of several that share a word it is the most likely one. Capitals matter only where two
        names differ in nothing else, as Cardigan, a dog, and cardigan.
        """
        names = [(each.name,) for each in self.known]
        synonyms = [each.synonyms for each in self.known]
        groups = [(each.group,) for each in self.known]
        for fold in (str, str.casefold):
            word = fold(label.name)
            if self.none_label and word in (fold(self.none_label), NONE):
                return None
            for of_classes in (names, synonyms, groups):
                meant = [k for k, its in enumerate(of_classes) if word in map(fold, its)]
                if len(meant) > 1 and of_classes is names:
                    raise self.unknown(label)
                if meant:
                    return max(meant, key=lambda k: float(self.z[k]))
        raise self.unknown(label)

    def unknown(self, label: ClassName) -> UserError:
        """Say that there is no such class, and which there are."""
        none = [NONE] if self.none_label else []
        groups = sorted({each.group for each in self.known} - {""})
        synonyms = [name for each in self.known for name in each.synonyms]
        near = suggest(label.name, [*self.classes, *none, *groups, *synonyms])
        listed = ", ".join([*self.classes, *none])
        if len(self.classes) > FEW:
            best = ", ".join(guess.name for guess in self.ranked_labels()[:5])
            listed = f"{len(self.classes):,} names, the likeliest here {best}"
        return UserError(
            "name.unknown",
            f"no class is called {label.name}{near}; there are: {listed}",
            value=label.name,
            possible=(*self.classes, *none),
        )
