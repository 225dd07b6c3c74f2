"""The library that ships: the recordings of the table, tagged and packed, and whose they are.

neuropil train foley --stage library --data DIR --network runs/tagger/foley-tagger.onnx -o packed
"""

import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from neuropil.apps.foley.indexing import describe
from neuropil.apps.foley.lab.recordings import read_files, read_table
from neuropil.apps.foley.sound_library import Recording, SoundLibrary
from neuropil.kit.atomic import save_text
from neuropil.kit.audio.audio import Audio
from neuropil.kit.networks.network import OnnxNetwork, open_foreign
from neuropil.kit.progress import track
from neuropil.training.stages import claim_file

FILE, CREDITS = "default.library", "credits.txt"
FREE = ("CC0", "CC BY 3.0", "CC BY 4.0")  # licences that may ship


def pack_library(output: Path, *, data: Path, network: Path) -> Path:
    """Write the library of the table; raises UserError where it is there already."""
    file = claim_file(output, FILE)
    rows = [row for row in read_table(data, "library.csv") if row["licence"] in FREE]
    contents = read_files(data / "library.zip", (row["file"] for row in rows))
    tagger = open_foreign(network)
    with TemporaryDirectory() as unpacked:
        found = [
            to_recording(row, contents[row["file"]], Path(unpacked), tagger)
            for row in track(rows, total=len(rows), title="library")
        ]
        library = SoundLibrary(()).join(SoundLibrary(tuple(found)))
        library.save(file)
    credits_of_all = "".join(f"{each.credit}\n" for each in library.recordings)
    save_text(output / CREDITS, credits_of_all)
    return file


def to_recording(
    row: dict[str, str], content: bytes, folder: Path, tagger: OnnxNetwork
) -> Recording:
    """Describe a recording; what the table says of it goes before what is heard."""
    place = folder / row["file"]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    audio = Audio.decode(content, row["file"])
    heard = describe(audio, content, place, row["file"], tagger)
    return replace(
        heard,
        sha256=hashlib.sha256(content).hexdigest(),
        name=row["class"],
        kind=row["kind"],
        material=row["material"],
        strength=row["strength"],
        onset=float(row["onset_s"] or 0),
        is_loop=row["loop"] == "1" and measure_seam(audio) <= 1,
        licence=row["licence"],
        author=row["author"],
        title=row["title"],
        source=row["source_url"],
    )


def measure_seam(audio: Audio) -> float:
    """Measure how much more than elsewhere a recording changes where it begins again.

    That is the step from its last sample to the first, beside the largest step but for one in a
    thousand; above 1 it may be heard as a click.
    """
    mono = audio.mix_down()
    steps = np.abs(np.diff(mono))
    return float(abs(mono[0] - mono[-1]) / np.quantile(steps, 0.999))
