"""Makes the fixtures of this folder with the reference implementation: pip install safetensors==0.8.0 numpy; python generate.py."""

import pathlib

import numpy
from safetensors.numpy import save

HERE = pathlib.Path(__file__).parent

# names chosen so that the order of names differs from the order of bytes where the library sorts
TENSORS = {
    "dense.weight": numpy.array([[0.5, -1.25, 3.0], [1e-3, -0.0, 65504.0]], dtype=numpy.float32),
    "dense.bias": numpy.array([0.1, 0.2], dtype=numpy.float32),
    "change": numpy.array([-2147483648, -1, 0, 1, 2147483647], dtype=numpy.int32),
    "scalar": numpy.array(7.0, dtype=numpy.float32),
    "empty": numpy.zeros((0, 3), dtype=numpy.float32),
}

(HERE / "reference.safetensors").write_bytes(save(TENSORS))
(HERE / "with-metadata.safetensors").write_bytes(save({"x": TENSORS["dense.bias"]}, {"made": "by the reference"}))
(HERE / "float64.safetensors").write_bytes(save({"x": numpy.array([1.0, 2.0])}))
