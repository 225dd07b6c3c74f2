"""Small networks that others might bring, in ONNX's text form: old versions, odd kinds and names.

`OPENED` are those whose units open, `CLOSED` those that are named in a sentence.
"""

import re

import numpy as np
import onnx
from onnx import parser

from neuropil.microscope.nodes import Array


def parse(text: str, opset: int = 18) -> onnx.ModelProto:
    """Make a model of its text, `(inputs) => (outputs) <constants> {nodes}`."""
    versions = f'"" : {opset}, "ai.onnx.ml" : 3, "com.microsoft" : 1, "own" : 1'
    return parser.parse_model(f"<ir_version: 8, opset_import: [{versions}]> g {text}")


def numbers_for(model: onnx.ModelProto) -> dict[str, Array]:
    """Make inputs: numbers from 1 to 2 for floats, 1, 2, 3, ... for whole ones."""
    feeds = {}
    for value in model.graph.input:
        shape = [axis.dim_value for axis in value.type.tensor_type.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        n = int(np.prod(shape))
        x = np.linspace(1, 2, n) if dtype.kind == "f" else np.arange(n) + 1
        feeds[value.name] = x.reshape(shape).astype(dtype)
    return feeds


def operators_in(texts: list[tuple[int, str, str, float]]) -> set[str]:
    """List the operators that texts call."""
    called = {name for _, text, *_ in texts for name in re.findall(r"= ([\w.]+) ?[<(]", text)}
    return {name for name in called if "own." not in name}


OPENED = [  # opset, text, unit, its value by hand
    # attributes that became inputs
    (2, "(float[1,2] x) => (float[] y) { y = Pad <pads=[0,1,0,0], value=5.0> (x) }", "y,0,0", 5.0),
    (
        9,
        "(float[1,2] x) => (float[] y) { y = Slice <starts=[1], ends=[2], axes=[1]> (x) }",
        "y,0,0",
        2.0,
    ),
    (10, "(float[1,2] x) => (float[] y) { y = Clip <max=1.5> (x) }", "y,0,1", 1.5),
    (12, "(float[1,2] x) => (float[] y) { y = Squeeze <axes=[0]> (x) }", "y,1", 2.0),
    (12, "(float[1,2] x) => (float[] y) { y = Unsqueeze <axes=[0]> (x) }", "y,0,0,1", 2.0),
    (12, "(float[1,2] x) => (float[] y) { y = ReduceSum <axes=[1], keepdims=0> (x) }", "y,0", 3.0),
    (17, "(float[1,2] x) => (float[] y) { y = ReduceMean <axes=[1]> (x) }", "y,0,0", 1.5),
    (
        12,
        "(float[1,3] x) => (float[] a, float[] b) { a, b = Split <axis=1, split=[1,2]> (x) }",
        "b,0,1",
        2.0,
    ),
    (12, "(float[1,2] x) => (float[] a, float[] b) { a, b = Split <axis=1> (x) }", "b,0,0", 2.0),
    (
        18,
        "(float[1,3] x) => (float[] a, float[] b) { a, b = Split <axis=1, num_outputs=2> (x) }",
        "b,0,0",
        2.0,
    ),
    (11, "(float[1,2] x) => (float[] y) { y = Dropout <ratio=0.5> (x) }", "y,0,1", 2.0),
    (9, "(float[1,3] x) => (float[] v, int64[] i) { v, i = TopK <k=2> (x) }", "v,0,1", 1.5),
    (
        8,
        "(float[1,1,1,2] x) => (float[] y) { y = Upsample <scales=[1.0,1.0,1.0,2.0]> (x) }",
        "y,0,0,0,3",
        2.0,
    ),
    (
        9,
        "(float[1,1,1,2] x) => (float[] y) <float[4] s = {1,1,1,2}>"
        ' { y = Upsample <mode="linear"> (x, s) }',
        "y,0,0,0,1",
        1.5,
    ),
    (
        10,
        "(float[1,1,1,2] x) => (float[] y) <float[4] s = {1,1,1,2}> { y = Resize (x, s) }",
        "y,0,0,0,1",
        1.0,
    ),
    (9, "(float[1,2,1,1] x) => (float[] y) { y = Softmax (x) }", "y,0,1,0,0", 1 / (1 + np.exp(-1))),
    # outputs beyond the first
    (
        15,
        "(float[2,2] x) => (float[] y, float[] m, float[] v)"
        " <float[2] w = {1,1}, float[2] b = {0,0}>"
        " { y, m, v = BatchNormalization <training_mode=1, momentum=0.0> (x, w, b, b, w) }",
        "m,0",
        4 / 3,
    ),
    (
        17,
        "(float[1,2] x) => (float[] y, float[] m) <float[2] w = {1,1}>"
        " { y, m = LayerNormalization (x, w) }",
        "m,0,0",
        1.5,
    ),
    # whole numbers
    (
        18,
        "(uint8[1,2] x) => (int32[] y) <uint8[2,1] w = {5,7}, uint8 xz = {1}, uint8[1] wz = {4}>"
        " { y = MatMulInteger (x, w, xz, wz) }",
        "y,0,0",
        3.0,
    ),
    (
        18,
        "(uint8[1,1,2] x) => (int32[] y) <uint8[1,1,2] w = {5,7}, uint8 xz = {1}, uint8 wz = {4}>"
        " { y = ConvInteger (x, w, xz, wz) }",
        "y,0,0,0",
        3.0,
    ),
    (
        18,
        "(uint8[1,2] x) => (float[] y) <float[2] s = {0.5,2.0}, uint8[2] z = {0,1}>"
        " { y = DequantizeLinear (x, s, z) }",
        "y,0,1",
        2.0,
    ),
    # classical models, functions of the file's own, constants
    (
        18,
        "(float[1,2] x) => (int64[] l, float[] p) { l, p = ai.onnx.ml.LinearClassifier"
        " <coefficients=[1.0,-1.0,-1.0,1.0], intercepts=[1.0,-1.0], classlabels_ints=[0,1],"
        ' post_transform="LOGISTIC"> (x) }',
        "p,0,0",
        0.5,
    ),
    (
        18,
        "(float[1,2] x) => (int64[] l, float[] p) { l, p = ai.onnx.ml.LinearClassifier"
        " <coefficients=[1.0,-1.0,-1.0,1.0,0.0,1.0], intercepts=[1.0,-1.0,-2.0],"
        ' classlabels_ints=[0,1,2], post_transform="SOFTMAX"> (x) }',
        "p,0,1",
        1 / 3,
    ),
    (
        18,
        "(int64[2,2] x) => (int64[] l, float[] p) { l, p = ai.onnx.ml.LinearClassifier"
        " <coefficients=[-1.0,2.0,1.0,-2.0], intercepts=[-1.0,1.0],"
        ' classlabels_ints=[0,1], post_transform="SOFTMAX"> (x) }',
        "p,1,0",
        1 / (1 + np.exp(-8)),
    ),
    (
        18,
        "(float[1,2] x) => (float[] y) { y = own.twice (x) }"
        ' <domain: "own", opset_import: ["" : 18]> twice (a) => (b) { b = Add (a, a) }',
        "y,0,1",
        4.0,
    ),
    (18, "(float[1,2] x) => (float[] y) <bool c = {1}> { y = Where (c, x, x) }", "y,0,1", 2.0),
    (18, "(float[1,2] x) => (float[] y) <float c = {1}> { y = CastLike (x, c) }", "y,0,1", 2.0),
    # the last of all times, also where the others are left out
    (
        18,
        "(float[2,1,1] x) => (float[] h) <float[1,1,1] w = {1}>"
        " { , h = RNN <hidden_size=1> (x, w, w) }",
        "h,0,0,0",
        np.tanh(2 + np.tanh(1)),
    ),
    (
        18,
        "(float[2,1,1] x) => (float[] h) <float[2,1,1] w = {1,1}>"
        ' { , h = RNN <hidden_size=1, direction="bidirectional", activations=["Relu","Relu"]>'
        " (x, w, w) }",
        "h,1,0,0",
        3.0,
    ),
    (
        18,
        "(float[2,1,1] x) => (float[] y, float[] h) <float[1,3,1] w = {0,1,1}>"
        " { y, h = GRU <hidden_size=1> (x, w, w) }",
        "y,0,0,0,0",
        np.tanh(1) / 2,
    ),
    (
        18,
        "(float[1,1,1] x) => (float[] h) <float[1,4,1] w = {0,0,0,1}>"
        " { , h = LSTM <hidden_size=1> (x, w, w) }",
        "h,0,0,0",
        np.tanh(np.tanh(1) / 2) / 2,
    ),
    # attention that looks everywhere alike: the mean of the values
    (
        23,
        "(float[1,1,3,2] x) => (float[] y) <float[1,1,1,2] q = {0,0}> { y = Attention (q, x, x) }",
        "y,0,0,0,0",
        1.4,
    ),
    (
        23,
        "(float[1,3,2] x) => (float[] y) <float[1,1,2] q = {0,0}, float[1,1,1,2] p = {4,4}>"
        " { y, k, v = Attention <q_num_heads=1, kv_num_heads=1> (q, x, x, , p, p) }",
        "y,0,0,0",
        2.05,
    ),
    (
        18,
        "(float[1,3,2] x) => (float[] y) <float[1,1,2] q = {0,0}, float[6] b = {0,0,0,0,0,1}>"
        " { y = com.microsoft.MultiHeadAttention <num_heads=1> (q, x, x, b) }",
        "y,0,0,1",
        2.6,
    ),
]


CLOSED = [  # opset, text, unit, what is said of it
    (18, "(float[1,2] x) => (float[] y) { a = Relu (x)  y = Celu (a) }", "y,0,1", "Celu"),
    (
        15,
        "(float[2,2] x) => (float[] y, float[] m, float[] v)"
        " <float[2] w = {1,1}, float[2] b = {0,0}>"
        " { a = Relu (x)  y, m, v = BatchNormalization <training_mode=1> (a, w, b, b, w) }",
        "v,0",
        "output 3",
    ),
    (
        17,
        "(float[1,2] x) => (float[] y, float[] m, float[] s) <float[2] w = {1,1}>"
        " { y, m, s = LayerNormalization (x, w) }",
        "s,0,0",
        "output 3 of LayerNormalization",
    ),
    (
        13,
        "(float[2,2] x) => (float[] y)"
        " { s = SplitToSequence (x)  a = Relu (x)  y = ConcatFromSequence <axis=0> (s) }",
        "s",
        "a sequence of tensors",
    ),
    (
        18,
        "(float[1,2] x) => (float[] y) <bool c = {1}> { a = Relu (x)  y = If (c) <"
        "then_branch = t () => (float[] b) { b = Tanh (a) },"
        " else_branch = e () => (float[] d) { d = Relu (a) }> }",
        "y,0,1",
        "If",
    ),
    (
        18,
        "(float[1,2] x) => (float[] y) { y = Constant <value_float=2.0> ()  z = Relu (x) }",
        "y",
        "a constant, 2",
    ),
    (18, "(float[1,2] x) => (float[] y) { y = Relu (x) }", "x,0,1", "an input, 2"),
    (
        18,
        "(float[1,2] x) => (float[] y) { a = Relu (x)  b = Cast <to=16> (a)  y = Cast <to=1> (b) }",
        "b,0,1",
        "a tensor of bfloat16",
    ),
    (
        18,
        "(float[2,1,1] x) => (float[] y, float[] h, float[] c) <float[1,4,1] w = {1,1,1,1}>"
        " { y, h, c = LSTM <hidden_size=1> (x, w, w) }",
        "c,0,0,0",
        "output 3 of LSTM",
    ),
    (18, "(float[1,2] x) => (int64[] y) { a = Relu (x)  y = ArgMax (a) }", "y,0,0", "whole number"),
    (
        18,
        "(float[2,1,1] x) => (float[] h) <float[1,3,1] w = {1,1,1}>"
        " { a = Relu (x)  , h = GRU <hidden_size=1, clip=1.0> (a, w, w) }",
        "h,0,0,0",
        "a GRU with clip",
    ),
    (
        18,
        "(float[1,2] x) => (int64[] l, float[] p) { a = Relu (x)"
        "  l, p = ai.onnx.ml.LinearClassifier <coefficients=[1.0,-1.0], intercepts=[1.0],"
        ' classlabels_ints=[0,1], post_transform="SOFTMAX"> (a) }',
        "p,0,0",
        "one score for two classes",
    ),
    (
        18,
        "(float[1,2] x) => (int64[] l, seq(map(int64, float)) p)"
        " { a = Relu (x)  l, s = ai.onnx.ml.LinearClassifier"
        " <coefficients=[1.0,-1.0,-1.0,1.0], intercepts=[1.0,-1.0], classlabels_ints=[0,1],"
        ' post_transform="SOFTMAX"> (a)'
        "  p = ai.onnx.ml.ZipMap <classlabels_int64s=[0,1]> (s) }",
        "p",
        "a sequence of maps",
    ),
    (
        18,
        "(float[1,2] x) => (int64[] l, seq(map(int64, float)) p)"
        " { l, s = ai.onnx.ml.LinearClassifier <coefficients=[1.0,-1.0,-1.0,1.0],"
        " intercepts=[1.0,-1.0], classlabels_ints=[0,1]> (x)"
        "  p = ai.onnx.ml.ZipMap <classlabels_int64s=[0,1]> (s) }",
        "p",
        "a sequence of maps",
    ),
]
NAMES = [
    "a b",
    "a,b",
    "a:b",
    "a'b",
    'a"b',
    "-a",
    "--unit",
    "a=b",
    "a,0",
    "/a/b",
    "ä",
    "$a",
    "a;b",
    "*",
    "self",
    " a",
]
NO_ARRAYS = [  # inputs that no array is, and what the first is called
    ("(seq(float[]) s) => (float[] y) { y = ConcatFromSequence <axis=0> (s) }", "a sequence"),
    (
        "(seq(float[]) s, float[1,2] x) => (float[] y, float[1,2] z)"
        " { y = ConcatFromSequence <axis=0> (s)  z = Relu (x) }",
        "a sequence",
    ),
    (
        "(optional(float[1,2]) s, float[1,2] x) => (float[1,2] z)"
        " { y = OptionalGetElement (s)  z = Add (x, y) }",
        "an optional value",
    ),
    ("(string[2] s, float[1,2] x) => (float[1,2] z) { z = Relu (x) }", "string (2)"),
]
ZOO = [
    "(float[1,2] x) => (float[1,2] y) { y = Relu (x) }",
    "(float[N,2] x) => (float[N,2] y) { a = Relu (x)  y = Celu (a) }",
    '(float[1,2] "-x") => (float[1,2] y) { y = Relu ("-x") }',
    "(int64[2] i) => (float[2,1] y) <float[2,1] t = {1,2}> { a = Gather (t, i)  y = Relu (a) }",
    "(seq(float[]) s) => (float[] y) { y = ConcatFromSequence <axis=0> (s) }",
    "(float[1,2] x) => (float[1,2] y) <float[1,2] y = {1,2}> { z = Relu (x) }",
]
