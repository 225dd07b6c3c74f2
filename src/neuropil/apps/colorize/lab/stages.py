"""What is made before the decoder is trained: what the eye sees of photographs.

neuropil train colorize --stage see --data photos -o seen
"""

from neuropil.apps.colorize.lab import seen
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.training.stages import DATA, Stage

STAGES = (
    Stage(
        "see",
        "Before training the decoder: keep what the eye sees of crops of photographs.",
        seen.see_crops,
        needs=(
            DATA,
            Option(
                "crops",
                int,
                2,
                "how many crops of a photograph, of a source that counts as one",
                Range(1, 100),
            ),
        ),
    ),
)
