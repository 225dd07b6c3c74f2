"""The writer's two LSTMs over all points of its lines, forwards and back by hand: for training.

Autograd would keep a node for each operation at each point. Here a loop goes over the points once
forwards and once back, each time with a single large product a point; gradients of weights are
single products over all points after it.

T  points      B  lines      S  characters of the text      A  letters      K  Gaussians
X  numbers that a cell is given at each point      H  hidden units
N  points of all lines, packed: those of all lines at point 0, then at point 1, .. (torch's
   PackedSequence); lines come in order of their length, so that the ones that go on are the first

Gates stand as in torch's LSTM: i, f, g, o. As tanh(z) = 2 σ(2z) - 1, one sigmoid does for all four,
with the rows of g doubled (`double_gate_rows`): what stands for g is s = σ(2z), and g = 2s - 1.
"""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import one_hot

sigmoid_backward = torch.ops.aten.sigmoid_backward.grad_input  # (ds, s) -> ds s (1 - s)
FAINT = -80.0  # log of the least of a bell: exp is several times as slow where it underflows


def quick(x: Tensor) -> torch.dtype:
    """Name the type that x's device multiplies float32 in fastest: bfloat16, or float32 itself."""
    if x.dtype != torch.float32:
        return x.dtype
    if x.is_cuda:
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else x.dtype
    has = torch.cpu.get_capabilities()
    return torch.bfloat16 if has.get("avx512_bf16") or has.get("amx_bf16") else x.dtype


def double_gate_rows(rows: Tensor) -> Tensor:
    """Double the rows of g among those of i, f, g, o: (4H, ...)."""
    i, f, g, o = rows.chunk(4)
    return torch.cat([i, f, 2 * g, o])


class Packed:
    """Where the points of a batch lie: at point t, the first `sizes[t]` lines go on."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
        self.starts = [0, *accumulate(sizes)]

    def rows(self, t: int) -> slice:
        """Find point t in an array of N rows."""
        return slice(self.starts[t], self.starts[t + 1])

    def after(self, t: int) -> slice:
        """Find the state after point t in an array of B + N rows, whose first B are the start."""
        return slice(self.sizes[0] + self.starts[t], self.sizes[0] + self.starts[t + 1])

    def before(self, t: int) -> slice:
        """Find there the state before point t, of the lines that go on."""
        first = self.after(t - 1).start if t else 0
        return slice(first, first + self.sizes[t])


# --- one step of an LSTM -------------------------------------------------------------------------


class Kept(NamedTuple):
    """What an LSTM keeps of each point for its way back."""

    gates: Tensor  # (N, 4H): i, f, s, o
    c: Tensor  # (B + N, H): before the first point, and after each
    tanh: Tensor  # (N, H): of c after each point

    @classmethod
    def empty(cls, N: int, still: Tensor) -> "Kept":
        """Make room for N points; still (B, 4H) is what all points of a line are given."""
        B, H = len(still), still.shape[1] // 4
        c = still.new_empty(B + N, H)
        c[:B] = 0
        return cls(still.new_empty(N, 4 * H), c, still.new_empty(N, H))


def step(kept: Kept, packed: Packed, t: int, h: Tensor) -> None:
    """Take the cell one step on: its gates hold z = W x + b, h (N, H) is written.

    c = f c' + i (2s - 1)      h = o tanh(c)
    """
    rows = packed.rows(t)
    i, f, s, o = kept.gates[rows].sigmoid_().chunk(4, dim=1)
    c, tanh = kept.c[packed.after(t)], kept.tanh[rows]
    torch.mul(f, kept.c[packed.before(t)], out=c)
    c.sub_(i).addcmul_(i, s, value=2)
    torch.mul(c, 2, out=tanh).sigmoid_().mul_(2).sub_(1)
    torch.mul(o, tanh, out=h[rows])


def step_back(kept: Kept, packed: Packed, t: int, dh: Tensor, dc: Tensor, ds: Tensor) -> Tensor:
    """Bring dL/dh and dL/dc back through step t: returns dL/dz (B, 4H), in the room of ds.

    dL/dc += dL/dh o (1 - tanh²)
    dL/di = dL/dc (2s - 1)      dL/df = dL/dc c'      dL/ds = dL/dc 2i      dL/do = dL/dh tanh
    dL/dz = dL/d(gate) gate (1 - gate)      dL/dc' = dL/dc f, which is left in dc
    """
    gates, tanh = kept.gates[packed.rows(t)], kept.tanh[packed.rows(t)]
    i, f, s, o = gates.chunk(4, dim=1)
    di, df, ds_g, do = ds.chunk(4, dim=1)
    dc += torch.ops.aten.tanh_backward(dh * o, tanh)
    twice = 2 * dc
    torch.mul(twice, s, out=di).sub_(dc)
    torch.mul(dc, kept.c[packed.before(t)], out=df)
    torch.mul(twice, i, out=ds_g)
    torch.mul(dh, tanh, out=do)
    dc *= f
    dz: Tensor = sigmoid_backward(ds, gates, grad_input=ds)
    return dz


# --- an LSTM -------------------------------------------------------------------------------------


class Upper(torch.autograd.Function):
    """An LSTM: z_t = still + W x_t + V h_(t-1)."""

    @staticmethod
    def forward(
        ctx: Any,
        still: Tensor,
        W: Tensor,
        V: Tensor,
        packed: Packed,
        quick: torch.dtype,
        *parts: Tensor,
    ) -> Tensor:
        """Map the parts (N, ..) of x to h (N, H); still (B, 4H), W (4H, X), V (4H, H)."""
        x = torch.cat([part.to(quick) for part in parts], dim=1)
        W, V = W.to(quick), V.to(quick)
        N, H = len(x), V.shape[1]
        kept, h = Kept.empty(N, still), still.new_empty(N, H)
        before = torch.zeros(N, H, dtype=quick, device=x.device)
        ahead = x @ W.t()
        for t, n in enumerate(packed.sizes):
            now = packed.rows(t)
            if t:
                before[now] = h[packed.rows(t - 1)][:n]
            z = torch.addmm(ahead[now], before[now], V.t(), out=ahead[now])
            torch.add(still[:n], z, out=kept.gates[now])
            step(kept, packed, t, h)
        ctx.packed, ctx.sizes = packed, [part.shape[1] for part in parts]
        ctx.save_for_backward(x, W, V, before, *kept)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dL_dh: Tensor) -> tuple[Tensor | None, ...]:
        """Go back: dL/dh_(t-1) += V' dL/dz_t; dL/dW = sum_t dL/dz_t x_t', and V's of h_(t-1)."""
        x, W, V, before, *states = ctx.saved_tensors
        packed, kept = ctx.packed, Kept(*states)
        B, dz = packed.sizes[0], W.new_empty(len(x), len(V))
        dc, ds = dL_dh.new_zeros(B, V.shape[1]), dL_dh.new_empty(B, len(V))
        back = torch.zeros_like(before[:B])
        for t in reversed(range(len(packed.sizes))):
            now, n = packed.rows(t), packed.sizes[t]
            dz[now] = step_back(kept, packed, t, dL_dh[now] + back[:n], dc[:n], ds[:n])
            torch.mm(dz[now], V, out=back[:n])
        dW, dV = (dz.t() @ given for given in (x, before))
        dx = (dz @ W).split(ctx.sizes, dim=1)
        found = [d.to(ds.dtype) for d in (add_up(dz, packed), dW, dV, *dx)]
        return *found[:3], None, None, *found[3:]


def add_up(rows: Tensor, packed: Packed) -> Tensor:
    """Add up the points of each line: (N, ..) to (B, ..)."""
    exact = rows.dtype if rows.dtype == torch.float64 else torch.float32
    total = rows.new_zeros(packed.sizes[0], rows.shape[1], dtype=exact)
    for t, n in enumerate(packed.sizes):
        total[:n] += rows[packed.rows(t)]
    return total


# --- an LSTM with a window over the text --------------------------------------------------------


class Looks(NamedTuple):
    """What the window keeps of each point for its way back."""

    made: Tensor  # (N, 3K): alpha, beta and the step forwards
    kappa: Tensor  # (B + N, K): before the first point, and after each
    bells: Tensor  # (N, K, S): alpha_k exp(-beta_k (kappa_k - u)²)

    @classmethod
    def empty(cls, N: int, letters: Tensor, bias: Tensor) -> "Looks":
        """Make room for N points; letters (B, S), bias (3K,)."""
        (B, S), K = letters.shape, len(bias) // 3
        kappa = bias.new_empty(B + N, K)
        kappa[:B] = 0
        return cls(bias.new_empty(N, 3 * K), kappa, bias.new_empty(N, K, S))


def distances(kappa: Tensor, S: int) -> Tensor:
    """Measure how far places kappa (B, K) are from S characters: (B, K, S)."""
    return kappa[:, :, None] - torch.arange(S, device=kappa.device, dtype=kappa.dtype)


def look(looks: Looks, packed: Packed, t: int, y: Tensor, window: Tensor) -> None:
    """Move the window by what h1 says, y (B, 3K), and write it (N, S): `Pen.look`.

    alpha, beta, forward = exp(y)      kappa = kappa' + forward
    window(u) = sum_k exp(y_alpha - beta (kappa - u)²)
    """
    K, S = looks.bells.shape[1:]
    rows = packed.rows(t)
    made, bells, kappa = looks.made[rows], looks.bells[rows], looks.kappa[packed.after(t)]
    torch.exp(y, out=made)
    torch.add(looks.kappa[packed.before(t)], made[:, 2 * K :], out=kappa)
    squares = distances(kappa, S).square_()
    alpha, beta = y[:, :K, None], made[:, K : 2 * K, None]
    torch.addcmul(alpha, beta, squares, value=-1, out=bells).clamp_min_(FAINT).exp_()
    torch.sum(bells, dim=1, out=window[rows])


def look_back(
    looks: Looks, packed: Packed, t: int, dwindow: Tensor, dkappa: Tensor, dy: Tensor
) -> None:
    """Bring dL/dwindow (B, S) back through look t: dL/dy (B, 3K) is written, dL/dkappa moved.

    With w_ku = dL/dwindow_u bell_ku and d_ku = kappa_k - u:
    dL/dy_alpha = sum_u w_ku      dL/dy_beta = -beta_k sum_u w_ku d_ku²
    dL/dkappa_k += -2 beta_k sum_u w_ku d_ku      dL/dy_forward = forward_k dL/dkappa_k
    """
    K, S = looks.bells.shape[1:]
    rows = packed.rows(t)
    _, beta, forward = looks.made[rows].chunk(3, dim=1)
    away, w = distances(looks.kappa[packed.after(t)], S), looks.bells[rows] * dwindow[:, None]
    torch.sum(w, dim=2, out=dy[:, :K])
    dkappa.addcmul_(beta, w.mul_(away).sum(dim=2), value=-2)
    torch.sum(w.mul_(away), dim=2, out=dy[:, K : 2 * K]).mul_(beta).neg_()
    torch.mul(forward, dkappa, out=dy[:, 2 * K :])


class Lower(torch.autograd.Function):
    """An LSTM with its window: z_t = still + W (point_t, seen_(t-1), h_(t-1)), y_t = V h_t + b."""

    @staticmethod
    def forward(
        ctx: Any,
        still: Tensor,
        points: Tensor,
        W: Tensor,
        V: Tensor,
        b: Tensor,
        letters: Tensor,
        packed: Packed,
        quick: torch.dtype,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map points (N, 4), letters (B, S) to h (N, H), seen (N, A), windows (N, S).

        still (B, 4H), W (4H, 4 + A + H), V (3K, H), b (3K,)
        """
        (N, P), H = points.shape, V.shape[1]
        A = W.shape[1] - P - H
        W = W.to(quick)
        kept, looks = Kept.empty(N, still), Looks.empty(N, letters, b)
        h, windows = still.new_empty(N, H), still.new_empty(N, letters.shape[1])
        seen = still.new_zeros(N, A)
        x = torch.zeros(N, P + A + H, dtype=quick, device=still.device)
        x[:, :P] = points
        x[packed.rows(0), P : P + A] = one_hot(letters[:, 0], A).to(quick)
        for t, n in enumerate(packed.sizes):
            now = packed.rows(t)
            if t:
                x[now, P : P + A] = seen[packed.rows(t - 1)][:n]
                x[now, P + A :] = h[packed.rows(t - 1)][:n]
            torch.add(still[:n], x[now] @ W.t(), out=kept.gates[now])
            step(kept, packed, t, h)
            look(looks, packed, t, torch.addmm(b, h[now], V.t()), windows)
            seen[now].scatter_add_(1, letters[:n], windows[now])
        ctx.packed = packed
        ctx.save_for_backward(x, W, V, letters, h, *kept, *looks)
        return h, seen, windows

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, dL_dh: Tensor, dL_dseen: Tensor, dL_dwindow: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Go back: (.., dL/dseen_(t-1), dL/dh_(t-1)) += W' dL/dz_t, dL/dh_t += V' dL/dy_t."""
        x, W, V, letters, h, *states = ctx.saved_tensors
        packed, kept, looks = ctx.packed, Kept(*states[:3]), Looks(*states[3:])
        (N, X), B = x.shape, len(letters)
        A, H = dL_dseen.shape[1], V.shape[1]
        P = X - A - H
        dz, dy = W.new_empty(N, 4 * H), torch.empty_like(looks.made)
        dc, ds = h.new_zeros(B, H), h.new_empty(B, 4 * H)
        dkappa = torch.zeros_like(looks.kappa[:B])
        back, returning = W.new_zeros(B, A + H), W[:, P:].contiguous()
        for t in reversed(range(len(packed.sizes))):
            now, n = packed.rows(t), packed.sizes[t]
            dseen, dh = dL_dseen[now] + back[:n, :A], dL_dh[now] + back[:n, A:]
            dwindow = dL_dwindow[now] + dseen.gather(1, letters[:n])
            look_back(looks, packed, t, dwindow, dkappa[:n], dy[now])
            dh = dh.addmm_(dy[now], V)
            dz[now] = step_back(kept, packed, t, dh, dc[:n], ds[:n])
            torch.mm(dz[now], returning, out=back[:n])
        full = ds.dtype
        dpoints = (dz @ W[:, :P]).to(full) if ctx.needs_input_grad[1] else None
        dW, dV = (dz.t() @ x).to(full), dy.t() @ h
        dstill = add_up(dz, packed).to(full)
        return dstill, dpoints, dW, dV, dy.sum(dim=0), None, None, None
