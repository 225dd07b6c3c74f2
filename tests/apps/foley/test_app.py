"""The application as a whole, with untrained networks: what it gives, what it refuses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from films import shoot
from foley_data import click, make_library, make_networks, noise, save_recording, shoot_hits
from listening import listening
from refusals import refused

from neuropil.apps.foley import app as app_module
from neuropil.apps.foley.app import Foley, FoleyResult, MixMode
from neuropil.apps.foley.cues import CueSheet
from neuropil.apps.foley.indexing import SoundFolder
from neuropil.apps.foley.onsets import OnsetFinder
from neuropil.apps.foley.probe import DISTANCES
from neuropil.apps.foley.sound_library import SoundLibrary
from neuropil.contract import split_result
from neuropil.kit.audio.audio import Audio
from neuropil.kit.audio.loudness import measure_loudness
from neuropil.kit.media.film import Film
from neuropil.microscope.graph import load_graph
from neuropil.microscope.walk import walk_back


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.getbasetemp() / "foley-networks"
        patch.setattr(Foley, "networks", make_networks(folder))
        yield


@pytest.fixture
def app(networks: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Foley:
    """Make the application, with a small library as its own, which hears something everywhere."""
    make_library(tmp_path / "sounds").save(tmp_path / "default.library")
    monkeypatch.setattr(app_module, "DEFAULT_LIBRARY", tmp_path / "default.library")
    monkeypatch.setattr("neuropil.apps.foley.onsets.read_threshold", lambda network: 0.1)
    return Foley(threads=1)


@pytest.fixture
def film(tmp_path: Path) -> Film:
    return Film.open(shoot_hits(tmp_path / "film.mp4"))


@pytest.fixture
def made(app: Foley, film: Film) -> FoleyResult:
    return app(film)


def test_a_film_gets_its_sound_its_cue_sheet_and_its_credits(
    made: FoleyResult, tmp_path: Path
) -> None:
    made.film.save(tmp_path / "new.mp4")
    heard = measure_loudness(Audio.open(tmp_path / "new.mp4"))
    assert heard.integrated == pytest.approx(-23, abs=1)
    assert heard.true_peak <= -1
    assert made.events > 0
    assert made.loudness == pytest.approx(-23, abs=1)
    assert made.true_peak is not None
    assert made.true_peak <= -3
    assert {c.kind for c in made.cues.cues} == {"event", "ambience"}
    assert all(c.file in made.credits.text for c in made.cues.cues)
    assert made.cues.seconds == pytest.approx(2, abs=0.05)


def test_the_cue_sheet_renders_the_same_sound_again(
    app: Foley, film: Film, made: FoleyResult, tmp_path: Path
) -> None:
    made.film.save(tmp_path / "one.mkv")
    made.cues.save(tmp_path / "cues.json")
    first = app.render(film, CueSheet.open(tmp_path / "cues.json"))
    first.film.save(tmp_path / "two.mkv")
    CueSheet.open(tmp_path / "cues.json").save(tmp_path / "again.json")
    second = app.render(film, CueSheet.open(tmp_path / "again.json"))
    second.film.save(tmp_path / "three.mkv")
    one, two, three = (Audio.open(tmp_path / f"{n}.mkv").samples for n in ("one", "two", "three"))
    np.testing.assert_array_equal(two, three)
    np.testing.assert_array_equal(one, two)


def test_an_edit_is_heard(app: Foley, film: Film, made: FoleyResult) -> None:
    edited = tuple(
        replace(c, file="splash.wav", name="splash") for c in made.cues.cues if c.kind == "event"
    )
    rendered = app.render(film, replace(made.cues, cues=edited))
    assert "splash.wav" in rendered.credits.text
    assert "birds" not in rendered.credits.text


def test_further_outputs_are_there_if_asked_for(app: Foley, film: Film, made: FoleyResult) -> None:
    plain = app.render(film, made.cues)
    assert (plain.labels, plain.edl, plain.stems, plain.sheet) == (None, None, None, None)
    full = app.render(film, made.cues, labels=True, edl=True, stems=True, sheet=True)
    signature = app.verbs()["foley-render"].signature
    parts = split_result(full, signature.outputs_for(Film))
    assert set(parts.secondary) == {"credits", "labels", "edl", "stems", "sheet"}
    assert full.sheet is not None
    assert full.sheet.width == 1400
    assert full.sheet.pixels.std() > 10


def test_a_film_in_which_nothing_moves_says_so(app: Foley, tmp_path: Path) -> None:
    still = Film.open(shoot(tmp_path / "still.mp4", sound=()))
    app.network("onset")
    with pytest.MonkeyPatch.context() as patch, listening() as said:
        patch.setattr(OnsetFinder, "run", lambda finder: iter(finder.stacks.clear() or ()))
        made = app(still)
    assert made.events == 0
    assert [c.kind for c in made.cues.cues] == ["ambience"]
    assert any("ambience alone" in line for line in said)


def test_sound_that_is_there_can_be_kept(app: Foley, tmp_path: Path) -> None:
    film = Film.open(shoot(tmp_path / "film.mp4"))
    sheet = CueSheet("film.mp4", film.seconds, ())
    modes: dict[MixMode, bool] = {"replace": False, "keep": True, "duck": True}
    for mix, is_heard in modes.items():
        made = app.render(film, sheet, mix=mix)
        assert (made.loudness is not None) == is_heard
    silent = Film.open(shoot(tmp_path / "silent.mp4", sound=()))
    assert app.render(silent, sheet, mix="keep").loudness is None


def test_own_recordings_become_a_library_that_is_used(
    app: Foley, film: Film, tmp_path: Path
) -> None:
    save_recording(tmp_path / "mine" / "hit-metal" / "bong.wav", click(hz=1500))
    save_recording(tmp_path / "mine" / "wind" / "gale.wav", noise(5))
    made = app.index(SoundFolder.open(tmp_path / "mine"))
    assert (made.recordings, made.classes) == (2, 2)
    made.library.save(tmp_path / "mine.library")
    mine = SoundLibrary.open(tmp_path / "mine.library")
    found = app(film, library=(mine,))
    assert {c.name for c in found.cues.cues} == {"hit-metal", "wind"}
    assert "your own recording" in found.credits.text
    old = SoundLibrary.open(app_module.DEFAULT_LIBRARY)
    assert app.index(SoundFolder.open(tmp_path / "mine"), library=(old,)).recordings == 7


def test_films_that_can_not_be_watched(app: Foley, film: Film, tmp_path: Path) -> None:
    one = Film.open(shoot_hits(tmp_path / "one.mp4", seconds=0.04))
    with refused("input.content", "one.mp4 has one frame"):
        app(one)
    with refused("input.too_large", "lasts 10.0 hours", "cut it into parts"):
        app(replace(film, seconds=36_000))


def test_a_sheet_of_a_longer_film_is_refused(app: Foley, film: Film, made: FoleyResult) -> None:
    with refused("input.content", "film of 9.0 s", "ends at 2.0 s"):
        app.render(film, replace(made.cues, seconds=9.0))


def test_without_a_library_it_says_which_is_missing(
    app: Foley, film: Film, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(app_module, "DEFAULT_LIBRARY", tmp_path / "none.library")
    with refused("input.missing", "none.library"):
        app(film)
    with refused("input.empty", "name another --library"):
        app(film, library=(SoundLibrary(()),))


def test_an_onset_is_opened_and_proven(app: Foley, film: Film, made: FoleyResult) -> None:
    events = [n for n, c in enumerate(made.cues.cues) if c.kind == "event"]
    probe = app.probe(film, cue=events[1], target=0.0)
    distance, probability = (step.record for step in probe.steps)
    assert {term.name for term in distance.terms} == set(DISTANCES.values())
    assert distance.check().passed
    assert probability.check().passed
    network = app.network("onset")
    z = network.run(**probe.inputs)["onsets"][probe.unit.index]
    assert float(z) == pytest.approx(probability.z, abs=1e-5)
    walk = walk_back(load_graph(probe.network), probe, depth=8)
    assert all(step.record.check().passed for step in walk.steps)
    assert any("gate" in step.record.name for step in walk.steps)


def test_the_scene_of_an_ambience_is_opened(app: Foley, film: Film, made: FoleyResult) -> None:
    ambience = next(n for n, c in enumerate(made.cues.cues) if c.kind == "ambience")
    probe = app.probe(film, cue=ambience)
    share, power = (step.record for step in probe.steps)
    assert share.check().passed
    assert power.check().passed
    assert probe.unit.tensor == "logits"
    assert probe.describe_unit(probe.unit) == power.terms[0].name


def test_cues_beyond_the_end_and_targets_of_scenes(
    app: Foley, film: Film, made: FoleyResult
) -> None:
    n = len(made.cues.cues)
    with refused("option.range", f"cue is {n}", f"from 0 to {n - 1}"):
        app.probe(film, cue=n)
    ambience = next(n for n, c in enumerate(made.cues.cues) if c.kind == "ambience")
    with refused("option.conflict", "--label onset"):
        app.probe(film, cue=ambience, target=1.0)
