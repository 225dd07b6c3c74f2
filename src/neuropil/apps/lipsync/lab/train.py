"""Recipes: the finder of faces, their landmarks, the speech network, the judge of synchrony.

neuropil train lipsync --data DIR
"""

from dataclasses import replace
from functools import partial

from neuropil.apps.lipsync.lab import (
    finder_training,
    judge_training,
    landmark_training,
    speech_training,
)
from neuropil.apps.lipsync.lab.model import FinderNet, JudgeNet, LandmarkNet, SpeechNet
from neuropil.training.optim import adamw
from neuropil.training.recipe import Recipe


def finder() -> Recipe:
    """Train the finder of faces, from nothing.

    neuropil train lipsync finder --data DIR -o runs/finder

    16,000 steps took 68 minutes on one core with AMX beside another training, and 100 without.
    """
    return Recipe(
        name="lipsync-finder",
        network=FinderNet,
        examples=finder_training.examples,
        batch=finder_training.make_batch,
        loss=finder_training.loss,
        score=finder_training.score,
        exports=(finder_training.export_spec(),),
        steps=16000,
        lr=2e-3,
        ema=0.998,
        optimizer=partial(adamw, weight_decay=0.02, fall=0.7),
    )


def landmarks() -> Recipe:
    """Train the network that finds the 68 points of a face, from nothing.

    neuropil train lipsync landmarks --data DIR -o runs/landmarks

    12,000 steps took an hour on one core with AMX beside another training, and 105 minutes without.
    """
    return Recipe(
        name="lipsync-landmarks",
        network=LandmarkNet,
        examples=landmark_training.examples,
        batch=landmark_training.make_batch,
        loss=landmark_training.loss,
        score=landmark_training.score,
        exports=(landmark_training.export_spec(),),
        steps=12000,
        lr=2e-3,
        ema=0.998,
        optimizer=partial(adamw, weight_decay=0.02, fall=0.7),
    )


def landmarks_last() -> Recipe:
    """Train on from averaged weights while the rate falls to nothing: the last part.

    neuropil train lipsync landmarks_last --data DIR --init runs/landmarks/averages.npz \\
        -o runs/landmarks-last

    Not part of what ships: a rehearsal of 2,200 steps behind one of 1,500 went from 0.088 to 0.076
    eye distances, at the mouth from 0.078 to 0.065; 2026-11-29.
    """
    falling = partial(adamw, weight_decay=0.02, fall=1.0)
    return replace(landmarks(), name="lipsync-landmarks-last", optimizer=falling, lr=1.2e-3, seed=9)


def speech() -> Recipe:
    """Train the network from sound to mouth and phones, from nothing.

    neuropil train lipsync speech --data DIR -o runs/speech

    2,500 steps took a quarter of an hour on one core with AMX, beside another training. Debian's
    flite speaks sentences besides; without it the voices of machines are left out.
    """
    return Recipe(
        name="lipsync-speech",
        network=SpeechNet,
        examples=speech_training.examples,
        batch=speech_training.make_batch,
        loss=speech_training.loss,
        score=speech_training.score,
        exports=(speech_training.export_spec(),),
        steps=2500,
        lr=3e-3,
        ema=0.995,
        optimizer=partial(adamw, weight_decay=0.01, fall=1.0),
    )


def speech_unseen() -> Recipe:
    """Train it on sentences with phones alone, so that it has never heard the speaker.

    neuropil train lipsync speech_unseen --data DIR -o runs/speech-unseen

    Nothing runs it but the benchmark, which lets it learn 100 of his clips as `lipsync-learn` does.
    2,500 steps took a quarter of an hour on one core with AMX, beside other work.
    """
    examples = speech_training.unseen_examples
    return replace(speech(), name="lipsync-speech-unseen", examples=examples)


def judge() -> Recipe:
    """Train the judge of synchrony, from nothing, on clips that no other network sees.

    neuropil train lipsync judge --data DIR -o runs/judge

    3,000 steps took 11 minutes on one core with AMX, beside other work.
    """
    return Recipe(
        name="lipsync-judge",
        network=JudgeNet,
        examples=judge_training.examples,
        batch=judge_training.make_batch,
        loss=judge_training.loss,
        score=judge_training.score,
        exports=judge_training.export_specs(),
        steps=3000,
        lr=2e-3,
        ema=0.995,
        optimizer=partial(adamw, weight_decay=0.02, fall=1.0),
    )
