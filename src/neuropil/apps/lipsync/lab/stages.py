"""What no gradient descent makes: the basis that mouths are told in."""

from neuropil.apps.lipsync.lab import basis
from neuropil.training.stages import DATA, Stage

STAGES = (
    Stage(
        "basis",
        "Before training, done once: find the principal components of mouths.",
        basis.write_basis,
        needs=(DATA,),
        stands_for="mouth_basis.json",
    ),
)
