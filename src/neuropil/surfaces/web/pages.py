"""The page itself, what applications add to it, and the samples that can be tried at once."""

from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from neuropil import registry
from neuropil.kit.errors import UserError

PACKAGE = Path(registry.__file__).parent
SAMPLES_OF = MappingProxyType(  # kind, and the application that other samples say nothing to
    {
        "menu.webp": ("image", "translate"),
        "person.mp4": ("film", "lipsync"),
        "speech.opus": ("audio", "lipsync"),
        "horse.mp4": ("film", "foley"),
    }
)
PAGE, SAMPLES = Path(__file__).with_name("page"), PACKAGE / "samples"
TOKENS = PACKAGE / "kit" / "html" / "tokens.css"


def add_page_routes(app: FastAPI) -> None:
    """Add the routes of the page, and of what it is made of."""

    @app.get("/api/samples")
    def list_samples() -> list[dict[str, str]]:
        """List media of the package to be tried, each for an application or, "", for others."""
        found = {path.name: ("image", "") for path in sorted(SAMPLES.glob("*.jpg"))} | SAMPLES_OF
        return [{"file": name, "kind": kind, "app": app} for name, (kind, app) in found.items()]

    @app.get("/api/views")
    def list_views() -> list[str]:
        """List the applications that have a view of their own."""
        return [name for name in registry.NAMES if view_of(name).is_file()]

    @app.get("/apps/{name}/view.js")
    def give_view(name: str) -> FileResponse:
        """Give what an application adds to the page."""
        if name not in registry.NAMES or not view_of(name).is_file():
            raise UserError("name.unknown", f"{name} has no view of its own", name=name)
        return FileResponse(view_of(name), media_type="text/javascript")

    @app.get("/tokens.css")
    def give_tokens() -> FileResponse:
        """Give the colors and letters that all pages share."""
        return FileResponse(TOKENS, media_type="text/css")

    app.mount("/samples", StaticFiles(directory=SAMPLES))
    app.mount("/", StaticFiles(directory=PAGE, html=True))


def view_of(name: str) -> Path:
    """Give where the view of an application lies, if it has one."""
    return PACKAGE / "apps" / name / "view.js"
