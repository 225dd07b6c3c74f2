"""The data, and what the recipes make of it: batches, losses, scores, files."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lipsync_data import face_points, open_and_close, write_lipsync_data
from listening import listening
from refusals import refused

from neuropil.apps.lipsync.lab import (
    finder_training,
    judge_training,
    landmark_training,
    speech_training,
    train,
    voices,
)
from neuropil.apps.lipsync.lab.basis import write_basis
from neuropil.apps.lipsync.lab.data import (
    Speaker,
    read_clips,
    read_faces,
    read_finder_pictures,
)
from neuropil.apps.lipsync.lab.evaluation import measure_visemes
from neuropil.apps.lipsync.lab.model import SpeechNet
from neuropil.apps.lipsync.lab.sounds import (
    Sentence,
    change_tempo,
    hear_elsewhere,
    read_sentences,
    warp_bands,
)
from neuropil.apps.lipsync.landmarks import to_output
from neuropil.apps.lipsync.phones import CUE_OF_PHONE, CUES, PHONES
from neuropil.apps.lipsync.preprocess import finder_input
from neuropil.apps.lipsync.shapes import opening
from neuropil.apps.lipsync.speech import AHEAD, STATE
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training.export import export
from neuropil.training.recipe import Recipe
from neuropil.training.step import TrainingStep

RECIPES = ("speech", "finder", "landmarks", "judge")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lipsync_data(tmp_path_factory.mktemp("data"))


# --- readers -------------------------------------------------------------------------------------


def test_landmarks_are_unpacked_as_they_were_packed(data: Path) -> None:
    speaker = Speaker.read(data)
    assert speaker.points.shape == (20, 75, 68, 2)
    wanted = np.stack([face_points(o) for o in open_and_close(75, np.random.default_rng(3))])
    assert speaker.points[3] == pytest.approx(wanted, abs=1 / 16)


def test_the_judge_has_clips_of_its_own(data: Path) -> None:
    speaker = Speaker.read(data)
    parts = {part: set(speaker.clips(part).tolist()) for part in ("train", "judge", "test")}
    assert parts["test"] == {9, 19}
    assert not parts["train"] & parts["judge"]
    assert parts["train"] | parts["judge"] | parts["test"] == set(range(20))
    assert all(speaker.arrays["judge_half"][n] == 1 for n in parts["judge"])
    assert parts["judge"] == {1, 5, 11, 15}  # every second one of those that are marked for it


def test_no_other_network_sees_a_clip_of_the_judge(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Landmarks and speech ask for frames and sounds of their own clips alone."""
    asked: list[int] = []
    opus = Speaker.opus
    monkeypatch.setattr(Speaker, "opus", lambda self, n: asked.append(n) or opus(self, n))  # type: ignore[func-returns-value]
    speech_training.examples(data)
    allowed = set(Speaker.read(data).clips("train").tolist())
    assert set(asked) == allowed
    frames = landmark_training.read_speaker_frames(data)
    assert len(frames.pixels) == 2 * 15  # clips 0 and 2; 9 is a test clip


def test_clips_faces_and_pictures_are_read_by_their_part(data: Path) -> None:
    (clip,) = read_clips(data, {"clip2"})
    assert clip.name == "clip2"
    assert len(clip.frames) == 75
    train_faces, test_faces = read_faces(data, "train"), read_faces(data, "test")
    assert len(train_faces.crops) == 20
    assert not {*train_faces.persons} & {*test_faces.persons}
    assert train_faces.points[0] == pytest.approx(
        face_points(0.1, eyes=30.0, center=(64, 54)), abs=1 / 16
    )
    pictures = read_finder_pictures(data, "train")
    assert {len(p.boxes) for p in pictures} == {0, 1}
    assert pictures[0].doubtful.shape == (1, 4)
    assert all(p.is_empty == (len(p.boxes) == 0) for p in pictures)


def test_sentences_have_a_phone_for_every_step(data: Path) -> None:
    (sentence,) = read_sentences(data, "test")
    n = len(sentence.columns) // 2
    assert sentence.phones.shape == (n,)
    names = [PHONES[k] for k in sentence.phones]
    assert names[5] == "_"
    assert names[24] == "p"  # 0.49 s
    assert names[50] == "A"
    assert names[-1] == "_"


def test_every_phone_has_a_cue_and_every_cue_a_phone() -> None:
    assert len(PHONES) == 41
    assert {*CUE_OF_PHONE.values()} == {*CUES}


def test_data_that_are_missing_or_damaged_are_named(tmp_path: Path) -> None:
    with refused("data.missing", "grid_s1.npz", "--data"):
        Speaker.read(tmp_path)
    with refused("data.missing", "finder.zip"):
        read_finder_pictures(tmp_path, "train")
    (tmp_path / "finder.zip").write_bytes(b"no archive")
    with refused("input.damaged", "finder.zip"):
        read_finder_pictures(tmp_path, "train")


# --- sounds --------------------------------------------------------------------------------------


def test_a_tempo_changes_the_length_and_keeps_the_course() -> None:
    columns = np.linspace(0, 1, 200, dtype=np.float32)[:, None].repeat(40, axis=1)
    fast = change_tempo(columns, 1.25)
    assert fast.shape == (160, 40)
    assert fast[:, 0] == pytest.approx(np.linspace(0, 1, 160), abs=0.01)


def test_a_longer_throat_lowers_what_is_heard() -> None:
    columns = np.zeros((4, 40), np.float32)
    columns[:, 20] = 5
    assert warp_bands(columns, 1.0) == pytest.approx(columns)
    assert warp_bands(columns, 20 / 16)[0].argmax() == 16


def test_what_is_heard_elsewhere_is_normalized_and_the_same_by_the_same_chance() -> None:
    columns = np.random.default_rng(0).normal(-4, 3, (100, 40)).astype(np.float32)
    first, again = (hear_elsewhere(columns, np.random.default_rng(5)) for _ in range(2))
    assert first.shape == (50, 80)
    assert np.array_equal(first, again)
    assert np.abs(first.mean()) < 0.2
    assert not np.array_equal(first, hear_elsewhere(columns, np.random.default_rng(6)))


# --- recipes -------------------------------------------------------------------------------------


def small(name: str, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    for module in (speech_training, judge_training):
        monkeypatch.setattr(module, "CLIPS", 3)
    monkeypatch.setattr(speech_training, "SENTENCES", 2)
    monkeypatch.setattr(speech_training, "VOICED", 1)
    monkeypatch.setattr(finder_training, "PICTURES", 2)
    monkeypatch.setattr(landmark_training, "CROPS", 4)
    recipe: Recipe = getattr(train, name)()
    return recipe


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("name", RECIPES)
def test_the_loss_falls_on_a_batch_that_is_seen_again(
    name: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = small(name, monkeypatch)
    examples = recipe.examples(data)
    first, again = (recipe.batch(examples, TrainingStep(0, 3, 10)) for _ in range(2))
    assert all(np.array_equal(first[key], again[key]) for key in first)
    other = recipe.batch(examples, TrainingStep(0, 4, 10))
    assert not all(np.array_equal(first[key], other[key]) for key in first)
    batch = {key: torch.from_numpy(array) for key, array in first.items()}
    torch.manual_seed(0)
    network = recipe.network().train()
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    losses = []
    for _ in range(8):
        loss = recipe.loss(network, batch)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
    scores = recipe.score(network.eval(), examples)
    assert scores
    assert all(np.isfinite(value) for value in scores.values())


@pytest.mark.parametrize("name", RECIPES)
def test_the_files_agree_with_the_networks(name: str, tmp_path: Path) -> None:
    recipe: Recipe = getattr(train, name)()
    torch.manual_seed(0)
    file = export(recipe.network(), recipe, {}, tmp_path)
    assert OnnxNetwork(file, threads=1).metadata["neuropil"] == "lipsync"
    assert sum(f.stat().st_size for f in tmp_path.glob("*.onnx")) < 1_500_000


def test_steps_one_by_one_are_the_whole_sequence() -> None:
    torch.manual_seed(0)
    network = SpeechNet(hidden=8).eval()
    heard = torch.randn(1, 12, 80)
    with torch.no_grad():
        mouths, phones = network(heard)
        longer = torch.cat([heard, heard[:, -1:].expand(-1, AHEAD, -1)], dim=1)
        state = [torch.zeros(1, 8) for _ in STATE]
        made = []
        for k in range(12 + AHEAD):
            mouth, phone, *state = network.step(longer[:, k], *state)
            made.append((mouth, phone))
    assert torch.allclose(torch.stack([m for m, _ in made[AHEAD:]], 1), mouths, atol=1e-5)
    assert torch.allclose(torch.stack([p for _, p in made[AHEAD:]], 1), phones, atol=1e-5)


def test_other_recipes_are_the_first_with_other_numbers() -> None:
    assert train.speech_unseen().examples is speech_training.unseen_examples
    assert train.landmarks_last().exports == train.landmarks().exports
    names = {getattr(train, n)().name for n in (*RECIPES, "landmarks_last", "speech_unseen")}
    assert len(names) == 6


def test_without_the_speaker_only_sentences_are_heard(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(small("speech_unseen", monkeypatch))
    batch = recipe.batch(recipe.examples(data), TrainingStep(0, 0, 1))
    assert batch["heard"].shape == (5, 150, 80)
    assert not batch["known"].any()
    assert (batch["phones"] >= 0).any()


def test_frames_are_where_a_faster_clip_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = np.random.default_rng(0).normal(0, 1, (300, 40)).astype(np.float32)
    rows = []
    for clean in (0, 1):
        monkeypatch.setattr(speech_training, "CLEAN", clean)
        rng = np.random.default_rng(2)
        rows.append(speech_training.hear_clip(columns, np.zeros((75, 10), np.float32), rng))
    step = np.diff(rows[0]["places"])[:10]
    assert step == pytest.approx(step[0], abs=1e-3)  # evenly, 2 steps a frame at its own tempo
    assert 2 / 1.2 < step[0] < 2 / 0.85
    assert rows[1]["places"][:3] == pytest.approx([0.5, 2.5, 4.5])


def test_places_between_steps_are_interpolated() -> None:
    values = torch.arange(6.0).view(1, 6, 1)
    made = speech_training.sample_steps(values, torch.tensor([[0.0, 2.5, 4.9]]))
    assert made.flatten().tolist() == pytest.approx([0, 2.5, 4.9])


def test_r_squared_is_one_for_the_truth_and_nothing_for_the_mean() -> None:
    known = np.random.default_rng(0).normal(0, 1, (3, 20, 2))
    assert speech_training.r_squared(known, known) == pytest.approx([1, 1])
    mean = np.broadcast_to(known.mean(axis=(0, 1)), known.shape)
    assert speech_training.r_squared(known, mean) == pytest.approx([0, 0])


def test_landmark_losses_count_points_lips_and_faces() -> None:
    known = torch.from_numpy(to_output(face_points(0.1, 40.0, (64, 50))[None]).astype(np.float32))

    def loss_of(points: torch.Tensor, logit: float, is_face: float = 1.0) -> float:
        class Said(torch.nn.Module):
            def forward(self, crop: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
                return points, torch.tensor([[logit]])

        batch: Mapping[str, torch.Tensor] = {
            "crop": torch.zeros(1),
            "points": known,
            "is_face": torch.tensor([[is_face]]),
        }
        return landmark_training.loss(Said(), batch).item()

    right = loss_of(known, 20.0)
    assert right == pytest.approx(0, abs=1e-6)
    off = known.clone()
    off[0, 0] += 0.1
    lips = known.clone()
    lips[0, 2 * 62 + 1] += 0.1
    assert loss_of(lips, 20.0) > 2 * loss_of(off, 20.0) > right
    assert loss_of(off, -20.0, is_face=0.0) == pytest.approx(0, abs=1e-6)
    assert loss_of(known, -20.0) > 1


def test_a_basis_is_written_once(data: Path, tmp_path: Path) -> None:
    file = write_basis(tmp_path, data)
    assert file.name == "mouth_basis.json"
    with refused("output.exists", "mouth_basis.json"):
        write_basis(tmp_path, data)


def test_the_opening_of_the_judge_is_that_of_the_points(data: Path) -> None:
    speaker = Speaker.read(data)
    seen = judge_training.measure_opening(speaker, 1)
    assert seen[:, 0] == pytest.approx(opening(speaker.points[1].astype(np.float64)))


def test_recall_counts_what_is_found_at_few_false_alarms(data: Path) -> None:
    pictures = read_finder_pictures(data, "train")
    shown = next(p for p in pictures if len(p.boxes))
    face, _ = finder_input(shown.pixels)

    def nothing(picture: np.ndarray) -> np.ndarray:
        h, w = picture.shape[2] // 4, picture.shape[3] // 4
        return np.full((1, 5, h, w), -9.0, np.float32)

    assert finder_training.measure_recall(pictures, nothing) == 0

    def everything(picture: np.ndarray) -> np.ndarray:
        made = nothing(picture)
        scale = 192 / 120
        x0, y0, x1, y1 = shown.boxes[0] * scale
        column, row = int((x0 + x1) / 8), int((y0 + y1) / 8)
        made[0, 0, row, column] = 3.0 if np.array_equal(picture, face) else -1.0
        made[0, 1:, row, column] = np.log([(x1 - x0) / 2, (y1 - y0) / 2] * 2)
        return made

    assert finder_training.measure_recall(pictures, everything) == 1


def test_what_flite_tells_names_the_steps() -> None:
    told = "pau:0.050 m:0.110 aa:0.200 pau:0.230 "
    names = [PHONES[n] for n in voices.name_steps(told, 14)]
    assert names == ["_"] * 2 + ["m"] * 3 + ["A"] * 5 + ["_"] * 4
    assert set(voices.NAMES.values()) <= set(PHONES)


def test_without_flite_no_machine_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voices, "PROGRAM", "no-such-program")
    with listening() as said:
        assert voices.speak(["mama"], voices.VOICES) == []
    assert "apt install flite" in said[0]


def test_cues_are_counted_each_by_itself() -> None:
    names = ["m"] * 6 + ["A"] * 6
    logits = np.full((12, len(PHONES)), -9.0, np.float32)
    logits[np.arange(12), [PHONES.index(name) for name in names]] = 9
    known = np.array([PHONES.index(name) for name in ["m"] * 3 + ["f"] * 3 + ["A"] * 6])
    sentence = Sentence(np.zeros((24, 40), np.float32), known)
    right, of_cues = measure_visemes([sentence], [logits])
    assert right == 9 / 12
    assert of_cues[CUES.index("A")] == 1
    assert of_cues[CUES.index("G")] == 0
    assert of_cues[CUES.index("D")] == 1
