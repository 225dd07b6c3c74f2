"""What follows the training of the writer and its reader: the styles that the package knows.

    neuropil train handwrite --stage styles --data DIR \\
        --network runs/last/handwrite-writer-last-hand.onnx \\
        --network runs/last/handwrite-writer-last-pen.onnx \\
        --network runs/reader/handwrite-reader.onnx
"""

from neuropil.apps.handwrite.lab import style_library
from neuropil.signature import Option
from neuropil.training.stages import DATA, OnnxPath, Stage

STAGES = (
    Stage(
        "styles",
        "After training: tell the styles of all writers, and name twelve that differ most.",
        style_library.write_styles,
        needs=(
            DATA,
            Option(
                "networks",
                OnnxPath(),
                [],
                "hand, pen and reader of trainings; those that ship where none is named",
                repeated=True,
            ),
        ),
        stands_for="styles.json",
    ),
)
