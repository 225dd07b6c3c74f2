"""A translator of a few thousand weights, and its two files."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

from neuropil.apps.translate.lab.model import TranslatorNet
from neuropil.apps.translate.lab.train import encoder_export, step_export
from neuropil.apps.translate.preprocess import END, FIRST_PIECE, vocabulary_size
from neuropil.kit.networks.network import OnnxNetwork
from neuropil.training.export import round_weights, write

SEED, ENDING = 3, 3.0
LAYERS, WIDTH, HEADS, HIDDEN = (2, 2), 16, 2, 32


@cache
def tiny_translator() -> TranslatorNet:
    """Make an untrained network, which never writes a sign, and ends now and then."""
    torch.manual_seed(SEED)
    network = TranslatorNet(vocabulary_size(), WIDTH, HEADS, HIDDEN, LAYERS)
    with torch.no_grad():
        network.bias[:FIRST_PIECE] = -1e3
        network.bias[END] = ENDING
        for layer in network.decoder_layers:  # or each token would be followed by itself
            layer.forth.narrow.weight.mul_(12)
            layer.attention.out.weight.mul_(12)
            layer.new.weight.mul_(40)
    round_weights(network, matrix_bits=8)
    return network.eval()


def write_translator(folder: Path) -> tuple[OnnxNetwork, OnnxNetwork]:
    """Export encoder and step, and open them."""
    network = tiny_translator()
    read = ("B", LAYERS[1], HEADS, "S", WIDTH // HEADS)
    step = {"token": ("B",), "state": ("B", LAYERS[1], WIDTH), "keys": read, "values": read}
    specs = (
        encoder_export(),
        replace(step_export(), inputs={**step, "padding": ("B", "S")}),
    )
    files = [
        write(getattr(network, spec.part), spec, folder / f"{spec.part}.onnx", spec.metadata)
        for spec in specs
    ]
    encoder, step_network = (OnnxNetwork(file, threads=1) for file in files)
    return encoder, step_network
