"""How the eye is made: by one stage, out of published weights."""

from neuropil.eye.lab import conversion
from neuropil.training.stages import Stage

STAGES = (
    Stage(
        "convert",
        "make the file that ships out of the published weights, in 8 bits",
        conversion.convert,
        (),
        stands_for="weights/eye-lite0-v1.onnx",
    ),
)
