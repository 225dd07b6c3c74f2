"""Pictures compared with the true ones, and baselines of speech."""

import numpy as np
import pytest
from lipsync_data import draw_face, face_points, open_and_close

from neuropil.apps.lipsync.lab import baselines, wav2lip_shape
from neuropil.apps.lipsync.lab.bench import share_found
from neuropil.apps.lipsync.lab.data import SpeakerFilm
from neuropil.apps.lipsync.lab.film_evaluation import (
    ShownClip,
    ask_for,
    average_mouths,
    build_library,
    choose_nearest,
    choose_with_continuity,
    compare_mouths,
    dub_clip,
)
from neuropil.apps.lipsync.survey import measure_mouths


def show(n: int, seed: int, color: tuple[int, int, int] = (200, 150, 120)) -> ShownClip:
    points = np.stack([face_points(o) for o in open_and_close(n, np.random.default_rng(seed))])
    rng = np.random.default_rng(seed)
    frames = [
        (draw_face(p, (160, 160), color) + rng.integers(0, 6, (160, 160, 3))).clip(0, 255)
        for p in points
    ]
    film = SpeakerFilm("clip", np.zeros(2), [frame.astype(np.uint8) for frame in frames])
    return ShownClip(film, points)


def test_the_true_pictures_are_like_themselves() -> None:
    clip = show(6, 0)
    scores = compare_mouths(clip, clip.film.frames)
    assert scores.psnr > 70
    assert (scores.sharpness, scores.seam) == pytest.approx((1, 1))
    assert scores.flicker == pytest.approx(1)


def test_a_blur_is_less_sharp_and_noise_flickers() -> None:
    clip = show(6, 0)
    blurred = [
        ((f.astype(float) + np.roll(f, 1, 1) + np.roll(f, 1, 0)) / 3).astype(np.uint8)
        for f in clip.film.frames
    ]
    assert compare_mouths(clip, blurred).sharpness < 0.9
    rng = np.random.default_rng(1)
    noisy = [(f * 0.6 + rng.integers(0, 90, f.shape)).astype(np.uint8) for f in clip.film.frames]
    assert compare_mouths(clip, noisy).flicker > 1.5


def test_mouths_by_their_true_shape_are_near_the_true_ones() -> None:
    library, shelf = build_library([show(30, 1), show(30, 2)])
    assert len(library) == 60
    assert shelf.next[29] == -1  # another clip begins
    clip = show(10, 3)
    asked = ask_for(clip, measure_mouths(clip.points))
    for choose in (choose_with_continuity, choose_nearest):
        made = dub_clip(clip, library, choose(asked, shelf))
        assert compare_mouths(clip, made).psnr > 22
    average = average_mouths(clip, library, asked, shelf)
    assert compare_mouths(clip, average).psnr > 22


def test_an_orange_cast_is_seen() -> None:
    assert not show(1, 0).has_cast
    red = ShownClip(SpeakerFilm("x", np.zeros(2), [np.full((9, 9, 3), (200, 90, 20))]), np.zeros(0))
    assert red.has_cast


def test_ridge_regression_finds_a_linear_map() -> None:
    rng = np.random.default_rng(0)
    bands = rng.normal(0, 1, (20, 30, 26)).astype(np.float32)
    mouths = bands[..., :2] @ np.array([[1.0, 0.5], [0.0, 2.0]]) + [3.0, 4.0]
    made = baselines.fit_ridge(bands, mouths)(baselines.stack_frames(bands))
    assert made - mouths == pytest.approx(np.zeros_like(mouths), abs=2.5)
    assert np.corrcoef(made[..., 1].ravel(), mouths[..., 1].ravel())[0, 1] > 0.98


@pytest.mark.usefixtures("one_thread")
def test_the_small_lstm_has_its_weights_and_learns() -> None:
    rng = np.random.default_rng(0)
    bands = rng.normal(0, 1, (8, 60, 26)).astype(np.float32)
    mouths = bands.reshape(8, 30, 2, 26).mean(axis=2)[..., :4].astype(np.float64)
    trained = baselines.train_small(bands, mouths, seconds=1.0)
    assert sum(p.numel() for p in trained.network.parameters()) == 69_340
    off = ((trained(bands) - mouths) ** 2).mean()
    assert off < mouths.var()


def test_bands_are_centered_on_frames() -> None:
    samples = np.zeros(16_000, np.float32)
    samples[6_400:7_040] = np.random.default_rng(0).normal(0, 0.3, 640)  # frame 10
    assert baselines.frame_bands(samples, 25, 25.0).mean(axis=1).argmax() == 10
    assert baselines.frame_bands(samples, 25, 25.0, 2).shape == (50, 26)


def test_a_shift_is_found_within_a_frame_and_beside_the_clip_as_it_is() -> None:
    told = [80.0, 121.0, 45.0, None]
    assert share_found(told, 2, [0.0] * 4) == 0.5
    assert share_found(told, 2, [0.0, 60.0, None, 0.0]) == 0.5
    assert share_found([-40.0], -1, [0.0]) == 1


def test_the_shape_of_wav2lip_has_its_weights() -> None:
    torch = pytest.importorskip("torch")
    faces, sound, decoder = wav2lip_shape.build()
    assert sum(p.numel() for part in (faces, sound, decoder) for p in part.parameters()) == 36298035
    crops, heard = torch.zeros(1, 6, 96, 96), torch.zeros(1, 1, 80, 16)
    with torch.inference_mode():
        made = wav2lip_shape.run(faces, sound, decoder, crops, heard)
    assert made.shape == (1, 3, 96, 96)
