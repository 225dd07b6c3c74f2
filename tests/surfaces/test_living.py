"""The living neuron of the studio: what is told of it is what `biology` found."""

import numpy as np
import pytest

pytest.importorskip("fastapi")

from fastapi import FastAPI
from starlette.testclient import TestClient

from neuropil.biology.neuron import firing_rates, simulate
from neuropil.surfaces.web import living


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(living, "MS", 30.0)
    monkeypatch.setattr(living, "CURVE_MS", 20.0)
    living.measure_curve.cache_clear()
    app = FastAPI()
    living.add_biology_routes(app)
    return TestClient(app)


def test_a_recording_is_told(client: TestClient) -> None:
    told = client.post("/api/biology", json={"x": [1, 0.5], "w": [6, -1], "b": 0.5}).json()
    run = simulate([1, 0.5], [6, -1], 0.5, ms=30)
    assert told["soma"] == pytest.approx(run.soma[::2], abs=0.01)
    assert told["time"][-1] == pytest.approx(30)
    assert told["spikes"] == pytest.approx(run.spikes, abs=0.01)
    assert len(told["spikes"]) > 0
    assert told["rate"] == run.firing_rate
    assert [len(each) for each in told["arrived"]] == [len(each) for each in run.spike_times]


def test_the_curve_is_measured_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    told = client.get("/api/biology/curve").json()
    assert told["rate"] == pytest.approx(firing_rates(living.DRIVES, ms=20), abs=0.001)
    assert np.max(told["rate"]) > 0
    monkeypatch.setattr(living, "firing_rates", None)
    assert client.get("/api/biology/curve").json() == told
    living.measure_curve.cache_clear()


def test_what_no_neuron_gets_is_refused(client: TestClient) -> None:
    with pytest.raises(ValueError, match="1 inputs with 2 weights"):
        client.post("/api/biology", json={"x": [1], "w": [1, 2]})
    assert client.post("/api/biology", json={"x": [2], "w": [1]}).status_code == 422
