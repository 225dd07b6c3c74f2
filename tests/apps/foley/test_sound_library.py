"""Libraries: whole or not at all, each recording once, and what is said of damaged ones."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from foley_data import click, make_library, recording, save_recording
from refusals import refused

from neuropil.apps.foley.sound_library import SoundLibrary


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    made = make_library(tmp_path / "sounds")
    made.save(tmp_path / "mine.library")
    for each in (tmp_path / "sounds").iterdir():  # the library needs them no longer
        each.unlink()
    found = SoundLibrary.open(tmp_path / "mine.library")
    assert [r.file for r in found.recordings] == sorted(r.file for r in made.recordings)
    for a, b in zip(found.recordings, made.recordings, strict=True):
        plain = replace(a, embedding=b.embedding, place=b.place)
        assert vars(plain) == vars(b)
        np.testing.assert_allclose(a.embedding, b.embedding, atol=1e-3)
    assert found.recordings[0].read().seconds == 1.0


def test_the_same_recordings_give_the_same_bytes(tmp_path: Path) -> None:
    made = make_library(tmp_path)
    made.save(tmp_path / "a.library")
    made.save(tmp_path / "b.library")
    assert (tmp_path / "a.library").read_bytes() == (tmp_path / "b.library").read_bytes()


def test_what_two_libraries_hold_is_there_once(tmp_path: Path) -> None:
    made = make_library(tmp_path)
    first, second = SoundLibrary(made.recordings[:3]), SoundLibrary(made.recordings[2:])
    joined = first.join(second)
    assert sorted(r.sha256 for r in joined.recordings) == sorted(r.sha256 for r in made.recordings)


def test_of_two_recordings_of_one_name_both_can_be_named(tmp_path: Path) -> None:
    one, two = (
        SoundLibrary((recording(save_recording(tmp_path / n / "a.wav", click(hz=hz)), "hit-wood"),))
        for n, hz in (("one", 300), ("two", 900))
    )
    joined = one.join(two).recordings
    assert [each.file for each in joined] == [f"a-{two.recordings[0].sha256[:8]}.wav", "a.wav"]
    assert {each.sha256 for each in joined} == {r.sha256 for x in (one, two) for r in x.recordings}


@pytest.mark.parametrize(
    "change", ["onset = NULL", "onset = 'x'", "onset = 1e9", "loudness = 9e999", "name = NULL"]
)
def test_damaged_rows_are_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "mine.library"
    make_library(tmp_path / "sounds").save(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"UPDATE recordings SET {change} WHERE file = 'splash.wav'")
    with refused("input.damaged", path, "splash.wav"):
        SoundLibrary.open(path)


def test_a_library_of_another_ending_is_read(tmp_path: Path) -> None:
    make_library(tmp_path / "sounds").save(tmp_path / "mine.library")
    (tmp_path / "mine.library").rename(tmp_path / "mine.db")
    assert SoundLibrary.open(tmp_path / "mine.db").recordings[0].read().seconds == 1.0


def test_credits_name_who_made_a_recording_and_that_it_was_changed(tmp_path: Path) -> None:
    hit = make_library(tmp_path).recordings[2]
    assert hit.credit.startswith("hit-wood.wav: “hit-wood” by Ada, CC BY 3.0, https://example.org")
    assert "changed" in hit.credit
    assert "changed" not in replace(hit, licence="CC0").credit
    assert replace(hit, licence="").credit == "hit-wood.wav: your own recording"


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "input.empty"), (b"no database" * 100, "input.damaged")]
)
def test_what_is_no_library(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "mine.library"
    path.write_bytes(content)
    with refused(code, path):
        SoundLibrary.open(path)


def test_a_library_cut_off_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "mine.library"
    make_library(tmp_path).save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with refused("input.damaged", path, "neuropil foley-index FOLDER -o mine.library"):
        SoundLibrary.open(path)


def test_a_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.library"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE recordings (name TEXT)")
    database.close()
    with refused("input.kind", path, "something else"):
        SoundLibrary.open(path)


def test_a_row_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "mine.library"
    make_library(tmp_path).save(path)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE recordings SET embedding = x'00' WHERE name = 'sea'")
    database.close()
    with refused("input.damaged", path, "damaged row of sea.wav"):
        SoundLibrary.open(path)


def test_killed_while_it_is_written_the_old_one_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "mine.library"
    make_library(tmp_path).save(path)
    before = path.read_bytes()
    code = f"""
        from neuropil.apps.foley.sound_library import Recording, SoundLibrary
        made = SoundLibrary.open({str(path)!r})
        def stall(self):
            print("writing", flush=True)
            import time; time.sleep(60)
        Recording.read_content = stall
        made.save({str(path)!r})
    """
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    line = [sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, env=env) as process:
        assert process.stdout
        assert process.stdout.readline() == b"writing\n"
        process.send_signal(signal.SIGKILL)
    assert path.read_bytes() == before
    assert len(SoundLibrary.open(path).recordings) == 5
