"""What no gradient descent makes: pieces of words, lists, lines to read, the neuron that joins."""

from neuropil.apps.translate.lab import joining, lexicon, teaching, vocabulary
from neuropil.training.stages import DATA, Stage

STAGES = (
    Stage(
        "vocabulary",
        "Before training, done once: learn the pieces of which words are made.",
        vocabulary.learn_vocabulary,
        needs=(DATA,),
        stands_for="subwords.txt",
    ),
    Stage(
        "lexicon",
        "Before measuring, done once: write the lists of words and phrases.",
        lexicon.write_lexicon,
        needs=(DATA,),
        stands_for="lexicon/food.tsv",
    ),
    Stage(
        "teach",
        "Before training detector and reader: photographs, read by a teacher.",
        teaching.teach,
        needs=(DATA,),
    ),
    Stage(
        "joining",
        "After the neurons of languages: learn which lines of a picture are one text.",
        joining.write_joining,
        needs=(DATA,),
        stands_for="joining.json",
    ),
)
