"""The interface asked whatever its own schema allows, and more: it never breaks."""

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("schemathesis")
pytest.importorskip("fastapi")

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from starlette.testclient import TestClient
from web_client import ORIGIN, finish

from neuropil.surfaces.web.api import create_app
from neuropil.surfaces.web.policy import Policy
from neuropil.surfaces.web.pool import Pool
from neuropil.surfaces.web.store import ResultStore

EXAMPLES = 6  # of each path
WHOLE = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    pool = Pool(workers=1, most_waiting=100_000)
    store = ResultStore(most_bytes=10**9, most_seconds=3600)
    policy = Policy(hosts=("127.0.0.1", "localhost", "testserver"))
    with TestClient(create_app(pool, store, policy), base_url=ORIGIN) as made:
        yield made
    pool.close()
    store.close()


@pytest.fixture(scope="module")
def operations(client: TestClient) -> list[Any]:
    schema: Any = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
def made(client: TestClient) -> str:
    """Name a job that is there: a network of the package, listed."""
    answer = client.post("/api/networks", data={"packaged": "drive.driver"})
    return str(finish(client, answer.json()["name"])["name"])


@pytest.mark.parametrize("mode", ["positive", "negative", "of a job that is there"])
def test_nothing_breaks_it(operations: list[Any], made: str, mode: str) -> None:
    statuses: dict[int, int] = {}

    def ask(case: Any) -> None:
        if mode == "of a job that is there" and "name" in case.path_parameters:
            case.path_parameters["name"] = made
        answer = case.call()
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        is_full = answer.status_code == 503 and "retry-after" in answer.headers
        assert answer.status_code < 500 or is_full, f"{case.method} {case.path}: {answer.text}"

    kind = schemathesis.GenerationMode.NEGATIVE if mode == "negative" else None
    for operation in operations:
        chosen = {"generation_mode": kind} if kind else {}
        try:
            WHOLE(given(case=operation.as_strategy(**chosen))(ask))()
        except Unsatisfiable:  # nothing that its schema doesn't allow can be asked
            assert mode == "negative"
    assert statuses[422] > 0
    if mode != "negative":
        assert statuses[202] > 0
