"""When a batch is made."""

from neuropil.training.step import TrainingStep


def test_a_moment_has_its_own_chance_and_place() -> None:
    one = TrainingStep(3, 50, 200)
    assert one.fraction == 0.25
    assert one.rng().random() == TrainingStep(3, 50, 999).rng().random()
    assert len({TrainingStep(s, t).rng().random() for s in range(3) for t in range(3)}) == 9
