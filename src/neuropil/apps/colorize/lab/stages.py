"""What is made before networks that see are trained: what the eye sees, and where they begin.

neuropil train colorize --stage see --data photos -o seen
neuropil train colorize --stage join --data seen -o joined --network BASE.onnx --network DEC.onnx
"""

from neuropil.apps.colorize.lab import joining, seen
from neuropil.kit.ranges import Range
from neuropil.signature import Option
from neuropil.training.stages import DATA, OnnxPath, Stage

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
    Stage(
        "join",
        "Before training the seeing network: make one of the two that it consists of.",
        joining.join,
        needs=(
            DATA,
            Option(
                "networks",
                OnnxPath(),
                None,
                "what the recipes base and decoder have made, one after the other",
                required=True,
                repeated=True,
            ),
        ),
    ),
)
