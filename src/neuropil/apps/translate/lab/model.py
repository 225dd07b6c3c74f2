"""The network: a deep encoder that reads, a shallow decoder that writes token by token.

    B  texts       S  tokens of the source     T  tokens of the target     V  tokens there are
    D  width       H  heads                    L  layers of the decoder

The encoder is a transformer's (Vaswani et al. 2017), each layer normalized before it works. In the
decoder a simple recurrent unit stands for self-attention (Kim et al. 2019): what was written so far
is a state of D numbers a layer, of one size however long the text, and a step costs the same at the
end as at the beginning. One table serves as the embedding of both sides and for the choice of the
next token. Capital letters are read beside the tokens, and written a step behind them: once a token
is known, its case is told.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from neuropil.apps.translate.casing import N_CASES
from neuropil.apps.translate.preprocess import END, MOST_TOKENS, PAD

D = 256
H = 8
HIDDEN = 768  # between the two matrices of a feed-forward layer
READING, WRITING = 6, 2  # layers
FAR = -1e9  # added to what attention must not see


class FeedForward(nn.Module):
    """Two matrices with a ReLU between them, added to their input."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, hidden)
        self.narrow = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (.., D) to (.., D)."""
        y: Tensor = self.narrow(torch.relu(self.widen(self.norm(x))))
        return x + y


class Attention(nn.Module):
    """Multi-head attention: queries from one text, keys and values from the same or another."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def read(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Give the keys and values (B, H, S, D / H) of a source (B, S, D)."""
        key, value = self.key(source), self.value(source)
        return split_heads(key, self.heads), split_heads(value, self.heads)

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, padding: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Map (B, T, D), with keys and values of a source and its padding (B, S), to (B, T, D).

        Also gives the share that each token of the source has, (B, H, T, S).
        """
        q = split_heads(self.query(x), self.heads)
        shares = attend(q, keys, padding)
        y: Tensor = self.out(merge_heads(torch.matmul(shares.to(values.dtype), values)))
        return y, shares


class EncoderLayer(nn.Module):
    """Self-attention over the source, then a feed-forward layer."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.forth = FeedForward(width, hidden)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        """Map (B, S, D), with 0 or FAR for each token (B, S), to (B, S, D)."""
        y = self.norm(x)
        y, _ = self.attention(y, *self.attention.read(y), padding)
        z: Tensor = self.forth(x + y)
        return z


class DecoderLayer(nn.Module):
    """A recurrent unit over what was written, attention over the source, a feed-forward layer."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.forget = nn.Linear(width, width)
        self.new = nn.Linear(width, width)
        self.cross_norm = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.forth = FeedForward(width, hidden)

    def read(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Give the keys and values (B, H, S, D / H) of what the encoder made (B, S, D)."""
        return self.attention.read(source)

    def forward(
        self, x: Tensor, state: Tensor, keys: Tensor, values: Tensor, padding: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map tokens in a row (B, T, D), after a state (B, D), to (B, T, D) and the next state.

        keys, values: of the source for this layer (B, H, S, D / H)

        Also gives the share of each token of the source, (B, H, T, S).
        """
        y = self.norm(x)
        states = scan(torch.sigmoid(self.forget(y)).float(), self.new(y).float(), state)
        x = x + torch.relu(states)
        y, shares = self.attention(self.cross_norm(x), keys, values, padding)
        return self.forth(x + y), states[:, -1], shares


class TranslatorNet(nn.Module):
    """Encoder and decoder, which export as two files: `encoder` and `step`.

    vocabulary: V
    """

    def __init__(
        self,
        vocabulary: int,
        width: int = D,
        heads: int = H,
        hidden: int = HIDDEN,
        layers: tuple[int, int] = (READING, WRITING),
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.case_embedding = nn.Embedding(N_CASES, width)
        self.places = nn.Parameter(sinusoids(MOST_TOKENS, width), requires_grad=False)
        self.reading = nn.ModuleList(EncoderLayer(width, heads, hidden) for _ in range(layers[0]))
        self.read_norm = nn.LayerNorm(width)
        self.writing = nn.ModuleList(DecoderLayer(width, heads, hidden) for _ in range(layers[1]))
        self.written_norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        self.case = nn.Linear(width, N_CASES)
        for module in self.modules():
            if isinstance(module, nn.Linear):  # wider than torch's own: attention begins sooner
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        nn.init.normal_(self.case_embedding.weight, std=width**-0.5)

    @property
    def decoder_layers(self) -> list[DecoderLayer]:
        """List the layers of the decoder."""
        return [layer for layer in self.writing if isinstance(layer, DecoderLayer)]

    def embed(self, tokens: Tensor) -> Tensor:
        """Give the vectors of tokens (..): (.., D)."""
        vectors: Tensor = self.embedding(tokens) * math.sqrt(self.embedding.embedding_dim)
        return vectors

    def encode(self, tokens: Tensor, cases: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Read sources (B, S), filled up with PAD, and the case of each token.

        Returns keys and values (B, L, H, S, D / H), and padding (B, S): 0 or FAR for each token.
        """
        padding = (1 - tokens.clamp(PAD, PAD + 1).to(self.places.dtype)) * FAR
        x = self.embed(tokens) + self.case_embedding(cases) + self.places[: tokens.shape[1]]
        for layer in self.reading:
            x = layer(x, padding)
        x = self.read_norm(x)
        read = [layer.read(x) for layer in self.decoder_layers]
        keys, values = (torch.stack(each, dim=1) for each in zip(*read, strict=True))
        return keys, values, padding

    def write(
        self, tokens: Tensor, state: Tensor, keys: Tensor, values: Tensor, padding: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run the decoder over tokens (B, T) after a state (B, L, D): (B, T, D), the next state.

        Also gives the share of each token of the source in the last layer, (B, H, T, S).
        """
        x = self.embed(tokens)
        states, shares = [], padding
        for i, layer in enumerate(self.writing):
            x, last, shares = layer(x, state[:, i], keys[:, i], values[:, i], padding)
            states.append(last)
        return self.written_norm(x), torch.stack(states, dim=1), shares

    def advance(
        self, token: Tensor, state: Tensor, keys: Tensor, values: Tensor, padding: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Take the last token (B,) one step on, with all else as in `write`.

        Returns logits of the next token (B, V) and of the last one's case (B, 3), the state, and
        the share of each token of the source in the last layer, the mean over heads (B, S).
        """
        x, state, shares = self.write(token[:, None], state, keys, values, padding)
        return self.choose(x[:, 0]), self.case(x[:, 0]), state, shares[:, :, 0].mean(dim=1)

    def choose(self, x: Tensor) -> Tensor:
        """Give the logits (N, V) of the next token from what was written, (N, D)."""
        return linear(x, self.embedding.weight, self.bias)

    def first_state(self, texts: int) -> Tensor:
        """Give the state before anything is written (B, L, D)."""
        return self.bias.new_zeros(texts, len(self.writing), self.embedding.embedding_dim)

    @property
    def encoder(self) -> nn.Module:
        """Give the part that is exported as the encoder."""
        return Exported(self, "encode")

    @property
    def step(self) -> nn.Module:
        """Give the part that is exported as one step of the decoder."""
        return Exported(self, "advance")


class Exported(nn.Module):
    """One method of a network as a network, for export."""

    def __init__(self, network: TranslatorNet, method: str) -> None:
        super().__init__()
        self.network = network
        self.method = method
        self.train(network.training)  # a module that is made is for training

    def forward(self, *inputs: Tensor) -> Sequence[Tensor]:
        """Call the method."""
        outputs: Sequence[Tensor] = getattr(self.network, self.method)(*inputs)
        return outputs


def scan(forget: Tensor, new: Tensor, state: Tensor) -> Tensor:
    """Give c_t = f_t c_(t-1) + (1 - f_t) n_t for all t, from f, n (B, T, D) and c_0 (B, D)."""
    fresh = ((1 - forget) * new).unbind(dim=1)
    states = []
    for f, n in zip(forget.unbind(dim=1), fresh, strict=True):
        state = f * state + n
        states.append(state)
    return torch.stack(states, dim=1)


def attend(q: Tensor, k: Tensor, padding: Tensor) -> Tensor:
    """Give softmax(q k / √d) (B, H, T, S) of queries (B, H, T, d) and keys (B, H, S, d)."""
    scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(q.shape[3])
    return torch.softmax(scores + padding[:, None, None], dim=3)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Take (B, S, D) apart into (B, H, S, D / H)."""
    B, S, width = x.shape
    return x.reshape(B, S, heads, width // heads).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """Put (B, H, T, D / H) together to (B, T, D)."""
    B, heads, T, width = x.shape
    return x.transpose(1, 2).reshape(B, T, heads * width)


def sinusoids(places: int, width: int) -> Tensor:
    """Give each place a vector of sines and cosines (places, D) of ever longer waves."""
    rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    angles = torch.arange(places)[:, None] * rate
    return torch.cat([angles.sin(), angles.cos()], dim=1)


@torch.no_grad()
def translate_greedily(
    network: TranslatorNet, tokens: Tensor, cases: Tensor, most: int
) -> tuple[Tensor, Tensor]:
    """Take the likeliest token at each step, `most` times: tokens and their cases (B, T).

    What follows an END means nothing.
    """
    keys, values, padding = network.encode(tokens, cases)
    state = network.first_state(len(tokens)).to(keys.dtype)
    token = tokens.new_full((len(tokens),), END)
    written, told = [], []
    for _ in range(most):
        logits, case, state, _ = network.advance(token, state, keys, values, padding)
        token = logits.argmax(dim=1)
        written.append(token)
        told.append(case.argmax(dim=1))
        if bool((torch.stack(written) == END).any(dim=0).all()):
            break
    told.append(torch.zeros_like(token))  # of the last, which is END, or left as it is
    return torch.stack(written, dim=1), torch.stack(told[1:], dim=1)
