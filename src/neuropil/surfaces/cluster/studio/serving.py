"""The studio behind Ray Serve: its proxy, one replica that answers, and a worker for each core.

    serve_cluster(Service("s3://studio", token="secret"), "127.0.0.1", 8765, workers=4, say=print)

Serve queues what no worker is free for, and replaces replicas that die. The replica that answers
keeps nothing that the store does not have, so that another one can take its place.
"""

import io
import logging
import os
import webbrowser
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stderr
from dataclasses import dataclass
from secrets import token_hex
from threading import Event
from typing import Any

from fastapi import FastAPI

from neuropil.kit.cpu import cores
from neuropil.kit.errors import UserError, say_install
from neuropil.surfaces.cluster.addresses import (
    LOCAL,
    OBJECT_STORES,
    is_address,
    make_absolute,
    open_place,
    word_store_error,
)
from neuropil.surfaces.cluster.engine import connect, load_ray
from neuropil.surfaces.cluster.studio.pool import Call, ClusterPool, LostError
from neuropil.surfaces.cluster.studio.store import MirroredStore
from neuropil.surfaces.cluster.studio.worker import TaskWorker
from neuropil.surfaces.web.api import create_app
from neuropil.surfaces.web.policy import Policy
from neuropil.surfaces.web.pool import QueueFullError, Work
from neuropil.surfaces.web.serve import find_port, word_address

NAME, WORKER, STUDIO = "neuropil", "worker", "studio"  # the application, and its deployments
MOST_BYTES, MOST_SECONDS = 20_000_000_000, 3600.0  # of inputs and results that are kept
MOST_UPLOAD = 300_000_000  # bytes of a request, which Serve holds in memory, in two processes
MOST_WAITING = 200  # jobs in the line
MOST_REQUESTS = 1000  # at once, of which each page that follows a job is one
HEALTH_SECONDS = 2.0  # between two looks whether a replica is there
GRACE_SECONDS = 2.0  # that replicas have to end in


@dataclass(frozen=True)
class Service:
    """What is served.

    store: an address, or a folder that all machines see
    token: what each request must bring
    """

    store: str
    token: str
    most_waiting: int = MOST_WAITING


def serve_cluster(
    service: Service,
    host: str,
    port: int | None,
    workers: int | None,
    say: Callable[[str], None],
    *,
    browse: bool,
) -> None:
    """Serve the studio until it is stopped; raises UserError where it can't begin."""
    if workers and not os.environ.get("RAY_ADDRESS"):  # Ray here would begin as many as are named
        refuse_workers(workers, cores(), "this machine")
    check_store(service.store)
    found = find_port(host, port)
    with connect(workers) as n, run_service(service, host, found, n):
        address = word_address(host, found, service.token)
        say(f"the studio is at {address} (Ctrl-C ends it)")
        if browse:
            webbrowser.open(address)
        Event().wait()


def name_store(store: str) -> str:
    """Spell out where results go; raises UserError for an address that can't be."""
    place = make_absolute(store)
    known = [f"{scheme}://" for scheme in (*OBJECT_STORES, LOCAL)]
    if is_address(place) and not place.startswith(tuple(known)):
        words = f"--store {store}: results go to a folder, or to {', '.join(known)}"
        raise UserError("input.address", words, path=store)
    return place


def check_store(store: str) -> None:
    """Refuse a store that takes nothing: raises UserError."""
    try:
        place, name = open_place(store), f"neuropil-{token_hex(12)}"  # which nobody else has
        place.put(name, b"")
        place.delete(name)
    except Exception as error:  # each store has errors of its own
        words = f"--store {store} takes no files ({word_store_error(error)})"
        words = f"{words}; check the name, and the credentials in the environment"
        raise UserError("output.place", words, path=store) from error


@contextmanager
def run_service(service: Service, host: str, port: int, workers: int) -> Iterator[None]:
    """Run the service on the cluster that this process has joined; raises UserError."""
    serve = load_serve()
    refuse_cluster(serve, workers)
    from ray.serve.schema import LoggingConfig

    quiet = LoggingConfig(enable_access_log=False, log_level="WARNING")
    where = {"host": host, "port": port}
    try:
        serve.start(proxy_location="HeadOnly", http_options=where, logging_config=quiet)
        application = build_application(service, workers, quiet)
        serve.run(application, name=NAME, route_prefix="/", logging_config=quiet)
        yield
    except RuntimeError as error:
        reason = " ".join(str(error).split())[:200]
        words = f"the service can't start ({reason}); see Ray's log of it"
        raise UserError("dependency.missing", words, name="ray") from error
    finally:
        with redirect_stderr(io.StringIO()):  # Ray tells what it tries in vain while it ends
            serve.shutdown()
            load_ray().shutdown()


def load_serve() -> Any:
    """Import Ray Serve; raises UserError where Ray was installed without it."""
    try:
        from ray import serve
    except ImportError as error:
        words = f"Ray Serve is missing ({error}); it comes with the extra [cluster]:"
        words = f"{words} {say_install('cluster')}"
        raise UserError("dependency.missing", words, name="ray") from error
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    return serve


def refuse_workers(workers: int, n: int, place: str) -> None:
    """Refuse more workers than a place has cores: raises UserError."""
    if workers > n:
        words = f"--workers {workers}: {place} has {n} cores, and each worker takes one"
        raise UserError("option.range", f"{words}; give it fewer", name="workers", high=n)


def refuse_cluster(serve: Any, workers: int) -> None:
    """Refuse a cluster that is too small, or that serves already: raises UserError."""
    n = int(load_ray().cluster_resources().get("CPU", 0))
    refuse_workers(workers, n, "the cluster")
    if serve.status().proxies:
        words = "Ray Serve runs on that cluster already; end it by `serve shutdown`, or unset"
        raise UserError("option.conflict", f"{words} RAY_ADDRESS", name="cluster")


def build_application(service: Service, workers: int, quiet: Any) -> Any:
    """Make the two deployments: the one that answers, and the workers behind it."""
    serve = load_serve()
    common = {
        "health_check_period_s": HEALTH_SECONDS,
        "graceful_shutdown_timeout_s": GRACE_SECONDS,
        "graceful_shutdown_wait_loop_s": GRACE_SECONDS / 4,
        "logging_config": quiet,
    }
    worker = serve.deployment(
        name=WORKER,
        num_replicas=workers,
        max_ongoing_requests=1,
        max_queued_requests=service.most_waiting,
        ray_actor_options={"num_cpus": 1},
        **common,
    )(TaskWorker)

    def build() -> FastAPI:
        return build_studio(service)

    studio = serve.deployment(
        name=STUDIO,
        num_replicas=1,
        max_ongoing_requests=MOST_REQUESTS,
        ray_actor_options={"num_cpus": 0},
        **common,
    )(serve.ingress(build)())
    return studio.bind(worker.bind(service.store))


def build_studio(service: Service) -> FastAPI:
    """Make the application of the studio, in the replica that answers."""
    store = MirroredStore(service.store, most_bytes=MOST_BYTES, most_seconds=MOST_SECONDS)
    policy = Policy(hosts=None, token=service.token, most_bytes=MOST_UPLOAD)
    app = create_app(ClusterPool(call_worker, store), store, policy)
    live = app.router.lifespan_context

    @asynccontextmanager
    async def live_and_clear(app: FastAPI) -> AsyncIterator[Any]:
        async with live(app) as state:
            yield state
        store.close()

    app.router.lifespan_context = live_and_clear
    return app


def call_worker(name: str, work: Work, task: str) -> Call:
    """Give a task to whichever worker is free."""
    handle = load_serve().get_deployment_handle(WORKER, app_name=NAME)
    response = handle.options(method_name="perform", stream=True).remote(name, work, task)
    return Call(hear(response), response.cancel)


async def hear(response: Any) -> AsyncIterator[str]:
    """Yield the words of a worker; raises QueueFullError, and LostError where it has died."""
    from ray.exceptions import RayActorError
    from ray.serve.exceptions import BackPressureError

    try:
        async for word in response:
            yield word
    except BackPressureError:
        raise QueueFullError from None
    except RayActorError as error:
        raise LostError from error
