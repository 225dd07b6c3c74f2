"""What goes on step by step while a page looks on, and is told on the way what to do.

    name = sessions.begin("drive", {"seed": 1000})
    sessions.advance(name, {"steps": 2})

An application that can has a module `live` with one class: made of the application and options, it
has `advance`, whose options are read off its signature and whose result is plain, and `close`. A
session that nobody has moved for a while is closed.
"""

import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from neuropil import registry
from neuropil.kit.errors import UserError
from neuropil.signature import Json, Signature
from neuropil.surfaces.web.pool import QueueFullError

MOST = 4  # sessions at once
IDLE = 60  # seconds after which one is closed


class Live(Protocol):
    """What a session moves."""

    def advance(self, **options: Any) -> dict[str, Any]:
        """Go on, and tell what is to be seen."""

    def close(self) -> None:
        """Let go of all that it holds."""


@dataclass(eq=False)
class Session:
    """A live thing; one request at a time moves it."""

    live: Live
    lock: threading.Lock = field(default_factory=threading.Lock)
    moved: float = field(default_factory=time.monotonic)


class LiveSessions:
    """The sessions of a studio, by name."""

    def __init__(self) -> None:
        self.sessions: dict[str, Session] = {}

    def begin(self, app: str, options: Mapping[str, Json]) -> str:
        """Begin a session, and give its name; raises UserError and QueueFullError."""
        kind = find_live(app)
        given = Signature.of(kind.__init__, has_outputs=False).parse(options)
        self.close_idle()
        if len(self.sessions) >= MOST:
            raise QueueFullError
        name = secrets.token_hex(12)
        self.sessions[name] = Session(kind(registry.load_app(app), **given))
        return name

    def advance(self, name: str, options: Mapping[str, Json]) -> dict[str, Any]:
        """Move a session; raises UserError."""
        if name not in self.sessions:
            words = "this is over: nobody had looked for a minute; begin anew"
            raise UserError("name.unknown", words, name=name)
        session = self.sessions[name]
        given = Signature.of(type(session.live).advance, has_outputs=False).parse(options)
        with session.lock:
            session.moved = time.monotonic()
            return session.live.advance(**given)

    def close_idle(self, idle: float = IDLE) -> None:
        """Close what nobody has moved for so many seconds."""
        for name, session in list(self.sessions.items()):
            if time.monotonic() - session.moved > idle:
                self.end(name)

    def end(self, name: str) -> None:
        """Close a session, if it is there still."""
        session = self.sessions.pop(name, None)
        if session:
            with session.lock:
                session.live.close()


def find_live(app: str) -> Any:
    """Find the class of an application that can go on live; raises UserError where it has none."""
    module = registry.live_module(app) if app in registry.NAMES else None
    if module is None:
        raise UserError("name.unknown", f"{app} is nothing that goes on live", name=app)
    (kind,) = (each for each in vars(module).values() if is_live(each, module.__name__))
    return kind


def is_live(value: object, place: str) -> bool:
    """Tell the class of a module that goes on live."""
    return isinstance(value, type) and value.__module__ == place and hasattr(value, "advance")
