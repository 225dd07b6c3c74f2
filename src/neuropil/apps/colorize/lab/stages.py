"""What is made before the seeing network is trained: what the eye sees, and where it begins.

neuropil train colorize --stage see --data photos -o seen
neuropil train colorize --stage unfold --network BASE.onnx --data seen -o unfolded
"""

from neuropil.apps.colorize.lab import seen, unfolding
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.training.stages import DATA, OnnxPath, Stage

STAGES = (
    Stage(
        "see",
        "Before training the seeing network: keep what the eye sees of crops of photographs.",
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
    Stage(
        "unfold",
        "After that: make a network of the recipe base one that can go on learning, and sees.",
        unfolding.unfold,
        needs=(
            DATA,
            Option("network", OnnxPath(), None, "what the recipe base has made", required=True),
        ),
    ),
)
