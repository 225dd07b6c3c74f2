"""What tests of the studio's interface share; each module has a pool of its own."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from neuropil.surfaces.web.pool import Pool
    from neuropil.surfaces.web.store import ResultStore


@pytest.fixture
def store() -> "Iterator[ResultStore]":
    from neuropil.surfaces.web.store import ResultStore

    made = ResultStore(most_bytes=10**9, most_seconds=3600)
    yield made
    made.close()


@pytest.fixture
def client(pool: "Pool", store: "ResultStore") -> "Iterator[TestClient]":
    from starlette.testclient import TestClient
    from web_client import ORIGIN

    from neuropil.surfaces.web.api import create_app
    from neuropil.surfaces.web.policy import Policy

    with TestClient(create_app(pool, store, Policy()), base_url=ORIGIN) as made:
        yield made
