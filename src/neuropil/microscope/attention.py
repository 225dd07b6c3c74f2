"""Attention opened: what a place takes from all others, y = Σ p · v (Vaswani et al. 2017).

    weigh_values(settings, q, k, v)

As in `operators`. The shares p = softmax(q kᵀ / √d) of this run are the weights, and the values v
what is weighed. ONNX's own reference says which p they are: the values replaced by an identity
matrix come out as the shares themselves. How q and k would move p is not followed.

B  examples     H  heads     L  places that look     S  places that are looked at     D  numbers
"""

from typing import Any

import numpy as np

from neuropil.core import tensor as arithmetic
from neuropil.core.tensor import Array, Tensor
from neuropil.microscope.operators import Attributes, UnsupportedOperator, evaluate, to_array


def weigh_values(
    s: Attributes,
    q: Any,
    k: Any,
    v: Tensor,
    mask: Any = None,
    past_k: Any = None,
    past_v: Any = None,
    lengths: Any = None,
) -> Tensor:
    """Calculate y from values in heads, (B, H, S, D), or side by side, (B, S, H D)."""
    if lengths is not None or (past_k is not None and s.get("is_causal")):
        raise UnsupportedOperator(
            "Attention with lengths, or with a past that none may look beyond"
        )
    heads, kv_heads = (s.get(f"{name}_num_heads", 0) for name in ("q", "kv"))
    split = v if v.ndim == 4 else split_heads(v, kv_heads)
    q, k = (
        to_array(x) if x.ndim == 4 else split_heads(Tensor(to_array(x)), n).value
        for x, n in ((q, heads), (k, kv_heads))
    )
    if past_k is not None:
        k = np.concatenate([to_array(past_k), k], axis=2)
        split = arithmetic.concat(past_v, split, axis=2)
    shares = find_shares(s, q, k, mask)
    shared_by = q.shape[1] // split.shape[1]  # heads of q that look at one head of v
    each = split[:, np.repeat(np.arange(split.shape[1]), shared_by)]
    y = Tensor(shares) @ each
    B, H, L, D = y.shape
    return y if v.ndim == 4 else y.transpose(0, 2, 1, 3).reshape(B, L, H * D)


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Part numbers that stand side by side into heads: (B, H, S, D) of (B, S, H D)."""
    B, S, _ = x.shape
    return x.reshape(B, S, heads, -1).transpose(0, 2, 1, 3)


def find_shares(s: Attributes, q: Array, k: Array, mask: Any) -> Array:
    """Find the shares (B, H, L, S): each row adds up to 1."""
    B, H, S, _ = k.shape
    own = {name: x for name, x in s.items() if name in ("scale", "is_causal", "softcap")}
    identity = np.broadcast_to(np.eye(S), (B, H, S, S))
    given = None if mask is None else to_array(mask)
    return evaluate("Attention", own, q, k, identity, given)


def weigh_values_of_heads(
    s: Attributes,
    q: Any,
    k: Any,
    v: Tensor,
    bias: Any = None,
    padding: Any = None,
    scores: Any = None,
    *past: Any,
) -> Tensor:
    """Calculate what com.microsoft.MultiHeadAttention does, in terms of ONNX's own."""
    if padding is not None or k is None or v is None or k.ndim != 3:
        raise UnsupportedOperator("MultiHeadAttention with a padding mask or in a packed form")
    if bias is not None:
        of_q, of_k, of_v = np.split(to_array(bias), np.cumsum([q.shape[-1], k.shape[-1]]))
        q, k, v = to_array(q) + of_q, to_array(k) + of_k, v + of_v
    settings = {f"{name}_num_heads": s["num_heads"] for name in ("q", "kv")}
    settings |= {"scale": s["scale"]} if s.get("scale") else {}
    settings["is_causal"] = s.get("unidirectional", 0)
    return weigh_values(settings, q, k, v, scores, *past)
