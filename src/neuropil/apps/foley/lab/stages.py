"""What no gradient descent makes: pictures as the eye sees them, clips, the library."""

from neuropil.apps.foley.lab import clips, folds, library_packing, pictures
from neuropil.kit.ranges import Range
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
        "render",
        "Before training onset, done once: render clips and measure their motion.",
        clips.render_clips,
        needs=(
            DATA,
            Option("clips", int, 5000, "how many clips are rendered", Range(10, 100_000)),
            Option("seed", int, 0, "random seed of the first clip", Range(0, 10**6)),
        ),
    ),
    Stage(
        "folds",
        "After settling the tagger's recipe: how right it is, by the five folds of ESC-50.",
        folds.measure_folds,
        needs=(
            DATA,
            Option("steps", int, 6000, "steps of each of ten networks", Range(1, 10**6)),
        ),
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
