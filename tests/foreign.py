"""Small networks of torch's own modules with random weights, exported as anybody would."""

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn


class Block(nn.Module):
    """A residual block, as in ResNet."""

    def __init__(self, n_in: int, n_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(n_out)
        self.conv2 = nn.Conv2d(n_out, n_out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(n_out)
        self.short = nn.Conv2d(n_in, n_out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + self.short(x))


class Residual(nn.Module):
    """A small ResNet: stem, pooling, two blocks, mean, dense."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, 2, 3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.blocks = nn.Sequential(Block(8, 8, 1), Block(8, 16, 2))
        self.mean = nn.AdaptiveAvgPool2d(1)
        self.dense = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.blocks(self.pool(torch.relu(self.stem(x))))
        made: Tensor = self.dense(self.mean(x).flatten(1))
        return made


class Recurrent(nn.Module):
    """A bidirectional LSTM under a dense layer with softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 6, batch_first=True, bidirectional=True)
        self.dense = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.lstm(x)
        return torch.softmax(self.dense(y[:, -1]), dim=1)


class Gated(nn.Module):
    """A GRU both ways under an RNN, of which the end alone goes into a dense layer."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(4, 6, bidirectional=True)
        self.rnn = nn.RNN(12, 5, nonlinearity="relu")
        self.dense = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        y, _ = self.gru(x)
        _, h = self.rnn(y)
        made: Tensor = self.dense(h[-1])
        return made


class Mobile(nn.Module):
    """Depthwise convolutions, hard swish, squeeze and excitation, an enlarging layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(2, 8, 3, 2, 1), nn.Hardswish())
        self.deep = nn.Sequential(nn.Conv2d(8, 8, 5, 1, 2, groups=8), nn.LeakyReLU(0.2))
        self.squeeze = nn.Sequential(nn.Linear(8, 4), nn.ReLU6(), nn.Linear(4, 8), nn.Sigmoid())
        self.up = nn.ConvTranspose2d(8, 4, 4, 2, 1)
        self.norm = nn.LayerNorm(12)
        self.last = nn.Linear(12, 12)

    def forward(self, x: Tensor) -> Tensor:
        x = self.deep(self.first(x))
        x = x * self.squeeze(x.mean(dim=(2, 3)))[:, :, None, None]
        x = nn.functional.interpolate(self.up(x), scale_factor=0.5, mode="nearest")
        x = nn.functional.avg_pool2d(torch.cat([x, -x], dim=1), 2)
        x = nn.functional.pad(x, (3, 3, 0, 0))
        made: Tensor = self.last(nn.functional.gelu(self.norm(x[:, 1:, :, :12]))) - 0.5
        return made


def exported(model: nn.Module, x: Tensor, path: Path) -> Path:
    """Write a network as ONNX."""
    torch.manual_seed(0)
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.3)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            nn.init.normal_(module.running_mean, std=0.3)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter, about itself
        torch.onnx.export(model.eval(), (x,), str(path), input_names=["x"], dynamo=False)
    return path
