"""The library that ships: what the table says goes before what is heard."""

import csv
import zipfile
from pathlib import Path

import pytest
from foley_data import RATE, click, make_networks
from refusals import refused

from neuropil.apps.foley.lab.library_packing import pack_library
from neuropil.apps.foley.sound_library import SoundLibrary
from neuropil.kit.audio.audio import Audio

ROW = {
    **{"class": "hit-wood", "kind": "event", "material": "wood", "strength": "heavy"},
    **{"onset_s": "0.1", "loop": "0", "author": "Ada", "title": "Knock", "source_url": "https://e"},
}


def test_the_table_is_packed(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = [
        {"file": "hit-wood/a.opus", "licence": "CC0", **ROW},
        {"file": "hit-wood/b.opus", "licence": "CC BY-NC 3.0", **ROW},
    ]
    with zipfile.ZipFile(tmp_path / "library.zip", "w") as archive:
        for row in rows:
            Audio(click(0.5, at=0.1), RATE).save(tmp_path / "one.opus")
            archive.write(tmp_path / "one.opus", row["file"])
    with (tmp_path / "library.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    tagger = make_networks(tmp_path_factory.getbasetemp() / "foley-networks")["tagger"]
    file_made = pack_library(tmp_path / "packed", data=tmp_path, network=tagger.path)
    (found,) = SoundLibrary.open(file_made).recordings
    assert (found.file, found.name, found.material, found.strength, found.onset) == (
        *("hit-wood/a.opus", "hit-wood", "wood", "heavy"),
        0.1,
    )
    assert found.credit == "hit-wood/a.opus: “Knock” by Ada, CC0, https://e"
    assert file_made.with_name("credits.txt").read_text("utf-8") == f"{found.credit}\n"
    assert found.read().seconds == pytest.approx(0.5, abs=0.03)
    with refused("output.exists", "default.library"):
        pack_library(tmp_path / "packed", data=tmp_path, network=tagger.path)
