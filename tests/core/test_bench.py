"""The measurement runs through and counts right; what it finds is in the record, not here."""

import json

import pytest

from neuropil.core import Dense, Network, Sigmoid, bench
from neuropil.core.digits import digits

QUICK = {"SEEDS": 2, "EPOCHS": 1, "ROUNDS": 1, "EPOCHS_OF_A_ROUND": 1, "CALLS": 2}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in QUICK.items():
        monkeypatch.setattr(bench, name, value)


@pytest.mark.usefixtures("quick")
def test_measures_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "is_installed", lambda library: library != "keras")
    report = bench.measure(None)
    beside, parts = report.tables
    assert set(report.figures) == {
        "microseconds_per_step",
        "digits_accuracy_mean",
        "digits_accuracy_sd",
        "speed_vs_sklearn",
        "speed_vs_torch",
        "share_of_arithmetic_limit",
    }
    assert beside.rows[-1][:2] == ("Keras", "not installed")
    assert {len(row) for table in report.tables for row in table.rows} == {4, 3}
    assert [row[0] for row in parts.rows][:2] == ["matrix products", "other arithmetic on arrays"]
    json.dumps(report.figures, allow_nan=False)


@pytest.mark.usefixtures("quick")
def test_measures_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "is_installed", lambda library: False)
    report = bench.measure(None)
    assert not any(name.startswith("speed") for name in report.figures)
    missing = [row[0] for row in report.tables[0].rows if row[1] == "not installed"]
    assert missing == ["scikit-learn", "torch", "Keras"]


def test_every_library_learns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three epochs are enough to see that each really trains, scores and starts anew."""
    monkeypatch.setattr(bench, "is_installed", lambda library: library != "keras")  # slow to import
    for peer in (bench.own_peer(digits()), *bench.installed_peers(digits())):
        fit, score = peer.start(0)
        fit(3)
        assert score() > 0.8, peer.name


def test_a_fast_and_a_slow_form_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "final_accuracies", lambda peer: [90.0, 92.0])
    ours = bench.own_peer(digits())
    forms = [bench.Peer(f"torch {n}", "torch", ours.start, n) for n in (1, 2)]
    table, figures = bench.comparison_table([ours, *forms], [0.1, 0.4, 0.3])
    assert figures["speed_vs_torch"] == pytest.approx(3)
    assert figures["digits_accuracy_mean"] == 91
    assert [row[2] for row in table.rows[:3]] == ["1.00", "4.00", "3.00"]
    assert [row[3] for row in table.rows[:3]] == ["91.00 ± 1.41", "", "91.00 ± 1.41"]


def test_products_of_a_step_are_counted() -> None:
    data = digits()
    network = Network(Dense(64, 32), Sigmoid(), Dense(32, 10))
    weights = [p.value for p in network.parameters().values()]
    multiply, flops = bench.matrix_products(data.x_train[:32], weights)
    multiply()
    forward, back = 64 * 32 + 32 * 10, 64 * 32 + 2 * 32 * 10
    assert flops == 2 * 32 * (forward + back)
