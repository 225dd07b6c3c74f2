"""Drives: filmed, told, driven again, opened."""

import base64
import json
import math
import re
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from refusals import refused

from neuropil.apps.drive import render, replay
from neuropil.apps.drive.app import DRIVER, Drive, DriveResult
from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.lab.scoring import score_policy
from neuropil.apps.drive.rollout import record_drive, run_network, to_controls
from neuropil.apps.drive.simulator import Simulator
from neuropil.contract import split_result
from neuropil.kit.media.film import Film
from neuropil.kit.media.film_writer import write_film
from neuropil.kit.media.frame import Frame
from neuropil.microscope.graph import load_graph
from neuropil.microscope.walk import walk_back
from neuropil.signature import to_json
from neuropil.surfaces.cli import main as cli

STEPS = 12


@pytest.fixture(scope="module")
def film(drove: DriveResult, tmp_path_factory: pytest.TempPathFactory) -> Film:
    path = tmp_path_factory.mktemp("film") / "drive.mp4"
    drove.film.save(path)
    return Film.open(path)


def test_every_step_is_told(drove: DriveResult) -> None:
    first, second = drove.laps
    assert (first.seed, second.seed) == (1000, 1001)
    assert [i.step for i in first.instants] == list(range(STEPS))
    assert first.score == first.instants[-1].score != second.score
    assert len({i.steering for i in first.instants}) > 1
    assert "track 1000: " in drove.scores.text
    points = [lap.score for lap in drove.laps]
    assert f"2 tracks: {np.mean(points):.1f} ± {np.std(points, ddof=1):.1f}" in drove.scores.text


def test_it_drives_by_the_picture_alone(app: Drive, drove: DriveResult) -> None:
    lap, kept = drove.laps[0], drove.film.drives[0]
    for step in (0, 7):
        made = to_controls(run_network(app.network(DRIVER), kept.picture(step)))
        instant = lap.instants[step]
        assert (made.steer, made.gas, made.brake) == (
            instant.steering, instant.gas, instant.brake,
        )  # fmt: skip


def test_a_film_has_a_frame_for_every_step(film: Film, drove: DriveResult) -> None:
    assert (film.width, film.height) == (render.WIDE, render.VIEW)
    assert film.fps == Fraction(render.FPS)
    frames = list(film.frames())
    assert len(frames) == 2 * STEPS
    truth = list(drove.film.frames())[STEPS + 3].pixels.astype(int)
    assert np.abs(frames[STEPS + 3].pixels - truth).mean() < 6


def test_a_film_shows_the_network_that_drove_whatever_became_of_its_file(
    untaught: Path, short: None, drove: DriveResult, tmp_path: Path
) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(untaught.read_bytes())
    made = Drive(networks=[path], threads=1)(tracks=1, seed=1000)
    path.write_bytes(b"another")
    one, other = next(made.film.frames()), next(drove.film.frames())
    assert np.array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("ending", render.DriveFilm.SUFFIXES)
def test_a_film_keeps_its_drives(ending: str, drove: DriveResult, tmp_path: Path) -> None:
    path = tmp_path / f"kept{ending}"
    drove.film.save(path)
    kept = replay.read_logs(Film.open(path))
    assert [each.seed for each in kept] == [1000, 1001]
    rows = [[i.steering, i.gas, i.brake] for i in drove.laps[1].instants]
    assert np.array_equal(kept[1].controls, np.array(rows, np.float32))


def test_it_is_driven_again_exactly(film: Film, drove: DriveResult) -> None:
    for frame in (0, 5, STEPS, 2 * STEPS - 1):
        lap, step = divmod(frame, STEPS)
        found = replay.replay_to_frame(film, frame)
        assert (found.seed, found.step) == (1000 + lap, step)
        assert np.array_equal(found.picture, drove.film.drives[lap].picture(step))
    with refused("option.range", "frame is 24", "drive.mp4", "0 to 23"):
        replay.replay_to_frame(film, 2 * STEPS)


def written(seed: object = 1, controls: object = (0.0, 0.5, 0.0), by: str = "drive") -> str:
    """Write a comment as our films have it, of one drive of one step."""
    packet = zlib.compress(np.array(controls, "<f4").tobytes())
    drive = {"seed": seed, "controls": base64.b64encode(packet).decode()}
    return json.dumps({"neuropil": by, "drives": [drive]})


@pytest.mark.parametrize(
    "comment",
    [
        *("", "hello", "{}", "[" * 100_000, '{"neuropil": "drive", "drives": []}'),
        '{"neuropil": "drive", "drives": [{"seed": 1, "controls": "?"}]}',
        *(written(seed) for seed in (-5, 2**31, 1.0, True, math.inf, "1")),
        *(written(controls=c) for c in ([], [0.0], [math.nan] * 3, [1e9, 0, 0], [0, -0.1, 0])),
        written(by="colorize"),
    ],
)
def test_another_film_keeps_no_drives(comment: str, tmp_path: Path) -> None:
    path = tmp_path / "other.mp4"
    black = Frame(np.zeros((32, 32, 3), np.uint8), Fraction(0))
    write_film(path, [black], fps=Fraction(25), notes={"comment": comment})
    with refused("input.kind", path):
        replay.read_logs(Film.open(path))


def test_a_comment_that_unpacks_to_much_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = json.loads(written(controls=np.zeros((1000, 3))))
    comment = json.dumps(many | {"drives": many["drives"] * 2})
    path = tmp_path / "bomb.mp4"
    black = Frame(np.zeros((32, 32, 3), np.uint8), Fraction(0))
    write_film(path, [black], fps=Fraction(25), notes={"comment": comment})
    for most in (23_999, len(comment) - 1):
        monkeypatch.setattr(replay, "MOST_BYTES", most)
        with refused("input.too_large", path):
            replay.read_logs(Film.open(path))
    monkeypatch.setattr(replay, "MOST_BYTES", 24_000)
    with refused("input.damaged", path, "2000 steps"):  # it was unpacked
        replay.read_logs(Film.open(path))


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_a_film_that_was_cut_is_found_out(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"cut{ending}"
    frames = [Frame(np.zeros((32, 32, 3), np.uint8), Fraction(n, 25)) for n in range(5)]
    write_film(path, frames, fps=Fraction(25), notes={"comment": written()})
    with refused("input.damaged", path, "5 frames", "1 steps"):
        replay.read_logs(Film.open(path))


@pytest.mark.parametrize("label", ["steering", "gas", "brake"])
def test_what_was_done_is_opened(label: str, app: Drive, film: Film, drove: DriveResult) -> None:
    probe = app.probe(film, frame=5, label=label)  # type: ignore[arg-type]
    walk = walk_back(load_graph(probe.network), probe, depth=3)
    assert walk.steps[0].record.a == pytest.approx(
        getattr(drove.laps[0].instants[5], label), rel=1e-5
    )
    assert all(stage.record.check().passed for stage in walk.steps)


def test_what_should_have_been_done_makes_a_step(app: Drive, film: Film) -> None:
    probe = app.probe(film, frame=5, label="gas", target=1.0, rate=0.5)
    gas = float(
        run_network(app.network(DRIVER), replay.replay_to_frame(film, 5).picture)["pedals"][0, 0]
    )
    outputs = np.array([[gas, 0.2]])
    assert probe.goal.value(outputs) == pytest.approx((gas - 1) ** 2 / 2)
    assert probe.goal.gradient(outputs) == pytest.approx(np.array([[gas - 1, 0]]))
    assert probe.goal.learning_rate == 0.5


def test_another_network_is_found_out(
    app: Drive, film: Film, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = replay.replay_to_frame(film, 5)
    changed = replace(there, controls=Controls(there.controls.steer + 0.01, 0.0, 0.0))
    monkeypatch.setattr("neuropil.apps.drive.app.replay_to_frame", lambda film, frame: changed)
    with refused("network.mismatch", "frame 5", "--weights"):
        app.probe(film, frame=5)


def test_frames_of_the_camera_are_steered_by(
    app: Drive, drove: DriveResult, tmp_path: Path
) -> None:
    path, kept = tmp_path / "camera.mkv", drove.film.drives[0]
    frames = [Frame(kept.picture(n), Fraction(n, 50)) for n in range(4)]
    write_film(path, frames, fps=Fraction(50), quality=100)
    made = app.predict(Film.open(path))
    assert [d.frame for d in made.controls] == [0, 1, 2, 3]
    assert "frame     3  steering " in made.table.text
    assert abs(made.controls[2].steering - drove.laps[0].instants[2].steering) < 0.05


def test_what_is_said_of_frames_can_be_written(
    untaught: Path, drove: DriveResult, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen, told_in = tmp_path / "seen.mkv", tmp_path / "told.txt"
    frames = [Frame(drove.film.drives[0].picture(0), Fraction(0))]
    write_film(seen, frames, fps=Fraction(50), quality=100)
    line = ["drive-predict", str(seen), "--weights", str(untaught)]
    assert cli.run([*line, "-o", str(told_in)]) == 0
    assert told_in.read_text().startswith("frame     0  steering ")
    assert capsys.readouterr().out == f"{told_in}\n"
    assert cli.run([*line, "-o", str(tmp_path / "told.csv")]) == 0
    head, row = (tmp_path / "told.csv").read_text().splitlines()
    assert head == "frame,steering,gas,brake"
    assert row.startswith("0,")
    assert cli.run(line) == 0
    assert "frame     0  steering " in capsys.readouterr().out
    assert cli.run([*line, "-o", str(tmp_path / "told.jpg")]) == 2
    assert "end the name in .txt, .csv" in capsys.readouterr().err


def test_a_film_is_written_only_where_one_is_named(
    untaught: Path,
    short: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    line = ["drive", "--seed", "1000", "--weights", str(untaught)]
    assert cli.run(line) == 0
    out = capsys.readouterr().out
    assert re.fullmatch(r"track 1000: -?[\d.]+ points in 12 steps\n", out)
    assert list(tmp_path.iterdir()) == []
    assert cli.run([*line, "--map", "-o", "film.mp4"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film-map.png", "film.mp4"]
    assert cli.run([*line, "-o", "told.jpeg2000"]) == 2
    assert "end the name in .txt, .mp4, .mkv, .webm" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("label", "target"), [("steering", -1.1), ("steering", math.nan), ("gas", -0.1), ("brake", 1.1)]
)
def test_no_car_can_do_more(label: str, target: float, app: Drive, film: Film) -> None:
    with refused("option.range", "target", target):
        app.probe(film, frame=5, label=label, target=target)  # type: ignore[arg-type]


def test_a_target_to_the_left_is_worded(app: Drive, film: Film) -> None:
    probe = app.probe(film, frame=5, target=-0.5)
    assert probe.goal.text == "half the square of steering + 0.5"


def test_frames_of_another_form_are_refused(app: Drive, film: Film) -> None:
    with refused("input.content", "drive.mp4", "640 × 480", "96 × 96"):
        app.predict(film)


@pytest.mark.parametrize(("name", "value"), [("tracks", 0), ("tracks", 101), ("seed", -1)])
def test_numbers_have_limits(app: Drive, name: str, value: int) -> None:
    with refused("option.range", name, value):
        app(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("screen", ["none such", "dummy", "offscreen"])
def test_no_screen_is_a_sentence(
    screen: str, app: Drive, short: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", screen)
    with refused("dependency.missing", "--watch"):
        app(watch=True)


def test_a_blind_step_drives_the_same(short: None) -> None:
    def ends(blind: bool) -> tuple[float, bytes]:
        with Simulator(1000) as world:
            for number in range(6):
                world.step(Controls(0.1, 0.5, 0.0), blind=blind and number < 5)
            return world.score, world.picture.tobytes()

    assert ends(True) == ends(False)


def test_a_score_is_the_same_with_and_without_a_film(app: Drive, short: None) -> None:
    alone = score_policy(
        1001, lambda picture: to_controls(run_network(app.network(DRIVER), picture))
    )
    assert alone == record_drive(1001, app.network(DRIVER)).lap.score


def test_telemetry_can_be_json(drove: DriveResult) -> None:
    values = split_result(drove, Drive.verbs()["drive"].signature.outputs_for(None)).values
    told_all = json.loads(json.dumps(to_json(values)))
    assert told_all["laps"][0]["instants"][3]["step"] == 3
    assert set(told_all["laps"][0]["instants"][3]) == {
        "step", "steering", "gas", "brake", "speed", "x", "y", "score",
    }  # fmt: skip
