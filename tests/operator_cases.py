"""Networks of one operator each, with settings that exporters use, known and strange."""

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from neuropil.microscope.graph import Graph, parse_model
from neuropil.microscope.nodes import Array

Shape = tuple[int, ...]
RNG = np.random.default_rng


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def floats(*shape: int, seed: int = 7, low: float = -1.0) -> Array:
    return RNG(seed).uniform(low, 1, shape).astype(np.float32)


CASES: list[tuple[str, Shape, list[Any], dict[str, Any]]] = [  # op, shape of x, constants, settings
    ("Abs", (2, 3), [], {}),
    ("Add", (2, 3), [floats(3)], {}),
    (
        "AveragePool",
        (1, 2, 7, 6),
        [],
        {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 1]},
    ),
    (
        "AveragePool",
        (1, 2, 7, 6),
        [],
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1},
    ),
    (
        "BatchNormalization",
        (2, 3, 4),
        [floats(3), floats(3, seed=1), floats(3, seed=2), floats(3, seed=3, low=0.2)],
        {"epsilon": 1e-3},
    ),
    ("Cast", (2, 3), [], {"to": TensorProto.FLOAT}),
    ("Clip", (3, 4), [np.float32(-0.3), np.float32(0.4)], {}),
    ("Clip", (3, 4), [None, np.float32(0.4)], {}),
    ("Concat", (2, 3), [floats(2, 2)], {"axis": 1}),
    (
        "Conv",
        (1, 2, 6, 7),
        [floats(4, 2, 3, 3), floats(4)],
        {"pads": [0, 1, 2, 1], "strides": [2, 1]},
    ),
    ("Conv", (1, 4, 9, 9), [floats(6, 2, 3, 3)], {"group": 2, "dilations": [2, 2]}),
    ("Conv", (1, 2, 7, 8), [floats(3, 2, 4, 3)], {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    ("Conv", (1, 2, 7, 8), [floats(3, 2, 4, 3)], {"auto_pad": "SAME_LOWER", "strides": [3, 2]}),
    ("Conv", (2, 3, 9), [floats(5, 3, 4)], {"pads": [2, 1]}),
    (
        "ConvTranspose",
        (1, 3, 4, 5),
        [floats(3, 2, 3, 3), floats(2)],
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
    ),
    ("Div", (2, 3), [floats(3, low=0.5)], {}),
    ("Dropout", (2, 3), [], {}),
    ("Elu", (2, 9), [], {"alpha": 0.7}),
    ("Erf", (2, 9), [], {}),
    ("Exp", (2, 3), [], {}),
    ("Expand", (2, 1, 3), [ints(2, 4, 3)], {}),
    ("Flatten", (2, 3, 4), [], {"axis": 2}),
    ("Gather", (4, 3), [ints(2, 0)], {"axis": 0}),
    ("Gather", (4, 3), [np.int64(1)], {"axis": -1}),
    ("Gelu", (2, 9), [], {"approximate": "tanh"}),
    ("Gelu", (2, 9), [], {}),
    (
        "Gemm",
        (4, 3),
        [floats(5, 4), floats(5)],
        {"transA": 1, "transB": 1, "alpha": 0.5, "beta": 2.0},
    ),
    ("Gemm", (3, 4), [floats(4, 5)], {}),
    ("GRU", (5, 2, 3), [floats(1, 12, 3), floats(1, 12, 4), floats(1, 24)], {"hidden_size": 4}),
    (
        "GRU",
        (5, 2, 3),
        [floats(1, 12, 3), floats(1, 12, 4), floats(1, 24), None, floats(1, 2, 4)],
        {"hidden_size": 4, "direction": "reverse", "linear_before_reset": 1},
    ),
    (
        "GRU",
        (5, 2, 3),
        [floats(2, 12, 3), floats(2, 12, 4), None, None, floats(2, 2, 4)],
        {"hidden_size": 4, "direction": "bidirectional"},
    ),
    (
        "GRU",
        (5, 2, 3),
        [floats(2, 12, 3), floats(2, 12, 4), floats(2, 24)],
        {
            "hidden_size": 4,
            "direction": "bidirectional",
            "linear_before_reset": 1,
            "activations": ["Sigmoid", "Tanh"] * 2,
        },
    ),
    ("GlobalAveragePool", (2, 3, 4, 5), [], {}),
    ("HardSigmoid", (2, 9), [], {"alpha": 0.3, "beta": 0.4}),
    ("HardSwish", (2, 9), [], {}),
    ("Identity", (2, 3), [], {}),
    ("InstanceNormalization", (2, 3, 4, 5), [floats(3), floats(3, seed=1)], {}),
    ("LSTM", (5, 2, 3), [floats(1, 16, 3), floats(1, 16, 4), floats(1, 32)], {"hidden_size": 4}),
    (
        "LSTM",
        (5, 2, 3),
        [floats(1, 16, 3), floats(1, 16, 4), floats(1, 32), None, floats(1, 2, 4), floats(1, 2, 4)],
        {"hidden_size": 4, "direction": "reverse"},
    ),
    (
        "LSTM",
        (5, 2, 3),
        [floats(2, 16, 3), floats(2, 16, 4)],
        {"hidden_size": 4, "direction": "bidirectional"},
    ),
    ("LayerNormalization", (2, 3, 5), [floats(5), floats(5, seed=1)], {}),
    ("LayerNormalization", (2, 3, 5), [floats(5)], {"axis": -1}),
    ("LeakyRelu", (2, 9), [], {"alpha": 0.2}),
    ("Log", (0,), [], {}),
    ("LogSoftmax", (2, 5), [], {"axis": 1}),
    ("MatMul", (2, 3, 4), [floats(4, 5)], {}),
    (
        "MaxPool",
        (1, 2, 7, 6),
        [],
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    ),
    ("Mul", (2, 3), [floats(3)], {}),
    ("Neg", (2, 3), [], {}),
    ("PRelu", (2, 3, 4), [floats(3, 1)], {}),
    ("Pad", (2, 3), [ints(0, 1, 2, 0), np.float32(0.5)], {}),
    ("Pow", (0,), [np.float32(3)], {}),
    ("RNN", (5, 2, 3), [floats(1, 4, 3), floats(1, 4, 4), floats(1, 8)], {"hidden_size": 4}),
    (
        "RNN",
        (5, 2, 3),
        [floats(1, 4, 3), floats(1, 4, 4), floats(1, 8), None, floats(1, 2, 4)],
        {"hidden_size": 4, "direction": "reverse", "activations": ["Relu"]},
    ),
    (
        "RNN",
        (5, 2, 3),
        [floats(2, 4, 3), floats(2, 4, 4)],
        {"hidden_size": 4, "direction": "bidirectional"},
    ),
    ("ReduceMax", (2, 3, 4), [ints(1)], {"keepdims": 0}),
    ("ReduceMean", (2, 3, 4), [ints(-1, 1)], {"keepdims": 1}),
    ("ReduceSum", (2, 3, 4), [], {"keepdims": 0}),
    ("Relu", (2, 9), [], {}),
    ("Reshape", (2, 3, 4), [ints(0, -1)], {}),
    (
        "Resize",
        (1, 2, 3, 4),
        [None, np.array([1, 1, 2, 2], np.float32)],
        {"mode": "linear", "coordinate_transformation_mode": "half_pixel"},
    ),
    (
        "Resize",
        (1, 2, 3, 4),
        [None, None, ints(1, 2, 7, 5)],
        {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    ),
    (
        "Resize",
        (1, 2, 3, 4),
        [None, np.array([1, 1, 2, 3], np.float32)],
        {
            "mode": "nearest",
            "coordinate_transformation_mode": "asymmetric",
            "nearest_mode": "floor",
        },
    ),
    ("Sigmoid", (2, 9), [], {}),
    ("Slice", (5, 6), [ints(4, 1), ints(-9, 5), ints(0, 1), ints(-1, 2)], {}),
    ("Slice", (5, 6), [ints(1), ints(4)], {}),
    ("Softmax", (2, 5), [], {"axis": -1}),
    ("Softplus", (2, 9), [], {}),
    ("Split", (2, 6), [ints(2, 4)], {"axis": 1}),
    ("Sqrt", (0,), [], {}),
    ("Squeeze", (1, 3, 1), [ints(0)], {}),
    ("Squeeze", (1, 3, 1), [], {}),
    ("Sub", (2, 3), [floats(3)], {}),
    ("Tanh", (2, 9), [], {}),
    ("Tile", (2, 3), [ints(3, 2)], {}),
    ("Tile", (2, 1, 3), [ints(1, 4, 1)], {}),
    ("Transpose", (2, 3, 4), [], {"perm": [2, 0, 1]}),
    ("Transpose", (2, 3), [], {}),
    ("Unsqueeze", (2, 3), [ints(0, 3)], {}),
    # settings that torch seldom exports
    ("AveragePool", (1, 1, 6, 7), [], {"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1}),
    (
        "AveragePool",
        (1, 1, 7, 7),
        [],
        {"kernel_shape": [3, 3], "dilations": [2, 2], "pads": [1, 0, 2, 1]},
    ),
    ("MaxPool", (1, 1, 5, 5), [], {"kernel_shape": [2, 2], "ceil_mode": 1, "strides": [2, 2]}),
    ("MaxPool", (1, 2, 9), [], {"kernel_shape": [3], "dilations": [2], "pads": [1, 2]}),
    ("ConvTranspose", (1, 3, 4, 5), [floats(3, 2, 3, 3)], {"auto_pad": "SAME_UPPER"}),
    (
        "ConvTranspose",
        (1, 3, 4, 5),
        [floats(3, 2, 3, 3)],
        {"output_shape": [9, 9], "strides": [2, 2]},
    ),
    ("LayerNormalization", (2, 3, 5), [floats(3, 5)], {"axis": 1}),
    ("MatMul", (4,), [floats(4, 5)], {}),
    ("MatMul", (3, 4), [floats(4)], {}),
    ("MatMul", (4,), [floats(4)], {}),
    ("MatMul", (4,), [floats(2, 4, 3)], {}),
    ("MatMul", (3, 4), [floats(2, 4, 5)], {}),
    ("MatMul", (1, 3, 4), [floats(2, 4, 5)], {}),
    ("Pad", (2, 3), [ints(0, 1, 0, 1)], {"mode": "edge"}),
    ("Pad", (2, 3), [ints(0, 2, 0, 1)], {"mode": "reflect"}),
    ("Pad", (2, 3), [ints(1, -1), None, ints(1)], {}),
    ("ReduceSum", (2, 3), [ints()], {"noop_with_empty_axes": 1}),
    ("Resize", (1, 1, 3, 3), [None, np.array([1, 1, 2, 2], np.float32)], {"mode": "cubic"}),
    (
        "Resize",
        (1, 1, 5, 4),
        [None, None, ints(3, 6)],
        {"mode": "linear", "axes": [2, 3], "antialias": 1},
    ),
    ("Split", (5, 2), [ints(2, 3)], {"axis": 0}),
    # other operators
    ("CenterCropPad", (2, 5), [ints(3)], {"axes": [1]}),
    ("Compress", (3, 4), [np.array([True, False, True])], {"axis": 0}),
    ("CumSum", (2, 4), [np.int64(1)], {"exclusive": 1}),
    ("CumSum", (3, 2, 4), [np.int64(-2)], {"reverse": 1}),
    ("DepthToSpace", (1, 8, 2, 3), [], {"blocksize": 2, "mode": "CRD"}),
    ("Einsum", (2, 3, 4), [floats(5, 4, 2)], {"equation": "bij, kjb -> bik"}),
    ("Einsum", (2, 3), [], {"equation": "ij"}),
    ("Einsum", (2, 3), [floats(4)], {"equation": "ij,k->k"}),
    ("GatherElements", (3, 2), [np.array([[0, 1], [2, 0]])], {}),
    ("GatherND", (2, 3, 2), [np.array([[0, 1], [1, 2]])], {}),
    ("GlobalMaxPool", (2, 3, 4, 5), [], {}),
    ("GroupNormalization", (2, 4, 3), [floats(4), floats(4, seed=1)], {"num_groups": 2}),
    ("LRN", (1, 5, 2, 2), [], {"size": 3, "alpha": 0.5, "beta": 0.6, "bias": 0.8}),
    ("LpNormalization", (2, 4), [], {"p": 1, "axis": 0}),
    ("LpNormalization", (2, 4), [], {}),
    ("Max", (2, 3), [floats(3, seed=1), floats(2, 1, seed=2)], {}),
    ("Mean", (2, 3), [floats(3), floats(2, 1)], {}),
    ("MeanVarianceNormalization", (2, 3, 2, 2), [], {}),
    ("Min", (2, 3), [floats(3, seed=1)], {}),
    ("RMSNormalization", (2, 3, 4), [floats(4)], {"epsilon": 1e-3}),
    ("ReduceMin", (2, 3, 4), [ints(1)], {"keepdims": 0}),
    ("ReverseSequence", (4, 2), [ints(2, 3)], {}),
    ("ScatterElements", (3, 3), [np.array([[1, 0]]), floats(1, 2)], {"axis": 0}),
    ("ScatterND", (3, 2), [np.array([[1]]), floats(1, 2)], {}),
    ("SimplifiedLayerNormalization", (2, 3, 4), [floats(4)], {"axis": -1}),
    ("SpaceToDepth", (1, 2, 4, 6), [], {"blocksize": 2}),
    ("Sum", (2, 3), [floats(3), floats(2, 1)], {}),
    ("TopK", (2, 5), [ints(3)], {}),
    ("TopK", (4, 2), [ints(2)], {"axis": 0, "largest": 0}),
    ("Trilu", (3, 4), [np.int64(1)], {"upper": 0}),
    # scikit-learn's, and those that ONNX Runtime makes of several
    ("ai.onnx.ml.Normalizer", (2, 3), [], {"norm": "L1"}),
    ("ai.onnx.ml.Normalizer", (2, 3), [], {"norm": "L2"}),
    ("ai.onnx.ml.Scaler", (2, 3), [], {"offset": [0.1, 0.2, 0.3], "scale": [2.0, 3.0, 4.0]}),
    (
        "ai.onnx.ml.LinearRegressor",
        (2, 3),
        [],
        {"coefficients": [0.1, 0.2, 0.3, -0.4, -0.5, 0.6], "intercepts": [1.0, 2.0], "targets": 2},
    ),
    ("com.microsoft.BiasGelu", (2, 3), [floats(3)], {}),
    (
        "com.microsoft.FusedConv",
        (1, 2, 5, 5),
        [floats(3, 2, 3, 3), floats(3)],
        {"activation": "Relu", "pads": [1, 1, 1, 1]},
    ),
    ("com.microsoft.FusedConv", (1, 2, 5), [floats(3, 2, 3)], {"activation": "Sigmoid"}),
    ("com.microsoft.FusedGemm", (2, 3), [floats(3, 4), floats(4)], {"activation": "Tanh"}),
    ("com.microsoft.FusedMatMul", (2, 3, 4), [floats(5, 4)], {"transB": 1, "alpha": 0.5}),
    ("com.microsoft.Gelu", (2, 9), [], {}),
    (
        "com.microsoft.MatMulNBits",
        (2, 32),
        [
            RNG(3).integers(0, 256, (3, 2, 8)).astype(np.uint8),
            floats(6, low=0.5),
            RNG(4).integers(0, 256, 3).astype(np.uint8),
        ],
        {"N": 3, "K": 32, "bits": 4, "block_size": 16},
    ),
    (
        "com.microsoft.SkipLayerNormalization",
        (2, 3, 4),
        [floats(2, 3, 4, seed=5), floats(4), floats(4, seed=1), floats(4, seed=2)],
        {"epsilon": 1e-5},
    ),
]


def built(op: str, shape: Shape, constants: list[Any], settings: dict[str, Any]) -> Graph:
    """Make a network of one operation on an input x and constants."""
    names = ["x", *("" if c is None else f"c{i}" for i, c in enumerate(constants))]
    n_out = len(constants[0]) if op == "Split" else 2 if op == "TopK" else 1
    outputs = [f"y{i}" for i in range(n_out)]
    kept = [
        numpy_helper.from_array(np.asarray(c), f"c{i}")
        for i, c in enumerate(constants)
        if c is not None
    ]
    domain, _, kind = op.rpartition(".")
    node = helper.make_node(kind, names, outputs, domain=domain, **settings)
    graph = helper.make_graph(
        [node],
        op,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_empty_tensor_value_info(name) for name in outputs],
        kept,
    )
    opset = {"RMSNormalization": 23, "GroupNormalization": 21}.get(op, 20)
    versions = [("", opset), ("ai.onnx.ml", 3), ("com.microsoft", 1)]
    imports = [helper.make_opsetid(*version) for version in versions]
    return parse_model(helper.make_model(graph, opset_imports=imports, ir_version=10))


def filled(value: Array) -> dict[str, Any]:
    return {"value": numpy_helper.from_array(value)}


WHOLE: list[
    tuple[str, list[Any], dict[str, Any]]
] = [  # op, inputs, settings: no gradient goes here
    ("Cast", [floats(2, 3) * 9], {"to": TensorProto.INT64}),
    ("Where", [np.array([[True], [False]]), floats(2, 3), floats(3, seed=1)], {}),
    ("Cast", [ints(-2, 0, 3)], {"to": TensorProto.BOOL}),
    ("Cast", [ints(-2, 0, 3)], {"to": TensorProto.FLOAT}),
    ("Concat", [ints(4), ints(2, 3)], {"axis": 0}),
    ("ConstantOfShape", [ints(2, 3)], {}),
    ("ConstantOfShape", [ints(2, 0)], filled(np.array([7], np.int64))),
    ("ConstantOfShape", [np.zeros(0, np.int64)], filled(np.array([0.5], np.float32))),
    ("Div", [ints(7, -7, 7, -7, 6), ints(2, 2, -2, -2, 3)], {}),
    ("Gather", [ints(5, 6, 7), np.int64(-1)], {}),
    ("Range", [np.int64(3), np.int64(17), np.int64(4)], {}),
    ("Range", [np.int64(9), np.int64(-1), np.int64(-5)], {}),
    ("Range", [np.int64(3), np.int64(3), np.int64(1)], {}),
    ("Range", [np.int64(3), np.int64(1), np.int64(1)], {}),
    ("Range", [np.float32(0.5), np.float32(3), np.float32(0.75)], {}),
    ("Reshape", [ints(7), np.zeros(0, np.int64)], {}),
    ("Shape", [floats(2, 3, 4)], {}),
    ("Shape", [np.float32(1)], {}),
    ("Shape", [floats(2, 3, 4)], {"start": 1}),
    ("Shape", [floats(2, 3, 4)], {"start": -2, "end": -1}),
    ("Shape", [floats(2, 3, 4)], {"start": -9, "end": 9}),
    ("Shape", [floats(2, 3, 4)], {"start": 2, "end": 1}),
    ("Shape", [np.ones((2, 5), np.int64)], {}),
    ("Size", [floats(2, 3, 4)], {}),
    ("Size", [np.float32(1)], {}),
    ("Slice", [ints(5, 6, 7), ints(1), ints(9)], {}),
    ("Squeeze", [ints(5)], {}),
    ("Tile", [ints(5, 6), ints(2)], {}),
    ("Tile", [floats(2, 3), ints(0, 2)], {}),
    ("Unsqueeze", [np.int64(5), ints(0)], {}),
]
