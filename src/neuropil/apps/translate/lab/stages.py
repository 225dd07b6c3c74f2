"""What comes before the training of the translator: the pieces of which words are made."""

from neuropil.apps.translate.lab import vocabulary
from neuropil.training.stages import DATA, Stage

STAGES = (
    Stage(
        "vocabulary",
        "Before training, done once: learn the pieces of which words are made.",
        vocabulary.learn_vocabulary,
        needs=(DATA,),
        stands_for="subwords.txt",
    ),
)
