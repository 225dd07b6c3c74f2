"""The same application on a Gradio page, for bench.py, by an interpreter that has Gradio.

    serve("7860")

A picture is colored with one hint, as the studio does it; and a small job, a neuron worked out, can
be asked for by its name, `work_out`.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropil import registry
from neuropil.kit.media.image import Image
from neuropil.signature import Json

Pixels = NDArray[np.uint8]


def serve(port: str) -> None:
    """Serve the page until it is stopped."""
    import gradio

    colorize, neuron = (registry.load_app(name, threads=1) for name in ("colorize", "neuron"))

    def color(pixels: Pixels, hint: str) -> Pixels:
        options: dict[str, Json] = {"hints": [hint]} if hint else {}
        made: Pixels = call(colorize, "colorize", options, Image(pixels)).pixels
        return made

    def work_out(x: float) -> float:
        options: dict[str, Json] = {"x": str(x), "w": ["2"], "b": ["1"], "activations": ["linear"]}
        return float(call(neuron, "neuron", options).outputs[0])

    with gradio.Blocks() as page:
        given, hint, made = gradio.Image(), gradio.Textbox(label="hint"), gradio.Image()
        gradio.Button("Start").click(color, [given, hint], made)
        x, y = gradio.Number(), gradio.Number()
        gradio.Button("Work out").click(work_out, x, y, api_name="work_out")
    page.launch(server_name="127.0.0.1", server_port=int(port), quiet=True)


def call(app: Any, command: str, options: dict[str, Json], *inputs: Any) -> Any:
    """Call a verb with options as a form has them."""
    return app(*inputs, **registry.find_verb(command).signature.parse(options))
