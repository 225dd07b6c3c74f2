"""A drive that goes on step by step, while somebody looks, who may take the wheel.

    live = LiveDrive(Drive(), seed=1000)
    live.advance(steps=2)["score"]                        the network drives
    live.advance(steps=2, steer=-0.5, gas=0.3)            a person does

The studio moves it: what it needs of such a class is said in surfaces/web/live.py.
"""

from dataclasses import asdict
from typing import Annotated, Any

from neuropil.apps.drive.app import DRIVER, SEED, Drive
from neuropil.apps.drive.controls import Controls
from neuropil.apps.drive.render import overlay_saliency
from neuropil.apps.drive.rollout import network_policy
from neuropil.apps.drive.saliency import steering_network
from neuropil.apps.drive.simulator import Simulator
from neuropil.kit.html.page import data_uri
from neuropil.kit.media.image import Image
from neuropil.kit.networks.onnx_file import OnnxFile
from neuropil.kit.ranges import Range

STEPS = Range(1, 10)  # at a time, of a fiftieth of a second each
STEERING, PEDAL = Range(-1, 1), Range(0, 1)


class LiveDrive:
    """One drive around the track of a seed, with all that is needed to go on."""

    def __init__(self, app: Drive, *, seed: Annotated[int, SEED] = 1000) -> None:
        """Go to the start of a track.

        app: whose network drives
        seed: random seed of the track
        """
        network = app.network(DRIVER)
        self.decide = network_policy(network)
        self.looks = steering_network(OnnxFile(network.content))
        self.world = Simulator(seed)
        self.told = Controls(0.0, 0.0, 0.0)
        self.over = False

    def close(self) -> None:
        """Leave the track."""
        self.world.close()

    def advance(
        self,
        *,
        steps: Annotated[int, STEPS] = 2,
        saliency: bool = False,
        steer: Annotated[float | None, STEERING] = None,
        gas: Annotated[float, PEDAL] = 0.0,
        brake: Annotated[float, PEDAL] = 0.0,
    ) -> dict[str, Any]:
        """Drive on, and tell what is seen and done; nothing moves any more once it is over.

        steps: how many, of a fiftieth of a second each
        saliency: lay violet over what the network looks at
        steer: how the wheel is turned, -1 (left) to 1 (right); by default the network drives
        gas: how far it is pressed, with steer
        brake: how far it is pressed, with steer
        """
        for _ in range(steps):
            if self.over:
                break
            by_hand = None if steer is None else Controls(steer, gas, brake)
            self.told = by_hand or self.decide(self.world.picture)
            self.over = self.world.step(self.told)
        shown = self.world.picture
        if saliency:
            shown = overlay_saliency(self.looks, shown)
        return {
            "picture": data_uri(Image(shown)),
            "score": self.world.score,
            "speed": self.world.car_state.speed,
            "step": self.world.n_steps,
            "over": self.over,
            **asdict(self.told),
        }
