"""What no gradient descent makes: what the eye sees of pictures, and the library that ships."""

from neuropil.apps.foley.lab import library_packing, pictures
from neuropil.signature import Option
from neuropil.training.stages import DATA, OnnxPath, Stage

STAGES = (
    Stage(
        "see",
        "Before training scene, done once: what the eye sees of the pictures.",
        pictures.see_pictures,
        needs=(DATA,),
    ),
    Stage(
        "library",
        "After training the tagger: pack the recordings that ship.",
        library_packing.pack_library,
        needs=(
            DATA,
            Option("network", OnnxPath(), None, "the tagger of the recordings", required=True),
        ),
    ),
)
