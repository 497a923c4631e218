#!/usr/bin/env python3
"""Writes the PyTorch gradient vectors: small ONNX exports, and what PyTorch's own autograd and SGD make of them.

Needs torch, numpy, onnx and onnxscript. Run in this folder: python3 generate.py
Every case is one <case>.onnx (by the TorchScript or the dynamo exporter) and one <case>.json with the inputs, the loss and
gradients of one batch, and the parameters after five steps of SGD with momentum and FedProx's proximal term.
"""
import json
import sys
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
LEARNING_RATE, MOMENTUM, PROXIMAL, STEPS = 0.1, 0.9, 0.1, 5


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 6)
        self.fc2 = nn.Linear(6, 4)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(torch.flatten(x, 1))))


class Cnn(nn.Module):
    """The FedAvg paper's shape (McMahan et al. 2017) in small: conv, pool, conv, pool, dense, dense."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 3, 3, padding=1)
        self.conv2 = nn.Conv2d(3, 4, 3, padding=1)
        self.fc1 = nn.Linear(4 * 2 * 2, 6)
        self.fc2 = nn.Linear(6, 4)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = F.max_pool2d(torch.relu(self.conv2(x)), 2)
        x = x.view(x.size(0), -1)
        return self.fc2(torch.relu(self.fc1(x)))


class Odd(nn.Module):
    """Strides with a remainder, dilation, overlapping and padded pools, tanh, sigmoid, a bare MatMul, broadcasts."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 3, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(3, 4, 2, dilation=2)
        self.scale = nn.Parameter(torch.linspace(0.5, 1.5, 4).view(4, 1, 1))
        self.shift = nn.Parameter(torch.linspace(-0.2, 0.2, 4).view(1, 4, 1, 1))
        self.weight = nn.Parameter(torch.randn(4, 5) * 0.4)
        self.bias = nn.Parameter(torch.randn(5) * 0.1)
        self.drop = nn.Dropout(0.5)
        self.fc = nn.Linear(5, 3)

    def forward(self, x):
        x = torch.tanh(self.conv1(x))
        x = F.max_pool2d(x, 3, stride=1, padding=1)
        x = torch.sigmoid(self.conv2(x)) * self.scale - self.shift
        x = F.avg_pool2d(x, 2, stride=1, padding=1)
        x = F.adaptive_avg_pool2d(x, 1)
        x = torch.flatten(x, 1)
        x = torch.tanh(torch.matmul(x, self.weight) + self.bias)
        return F.log_softmax(self.fc(self.drop(x)) * 2.0, dim=1)


CASES = {
    "mlp-torchscript": (Mlp, (2, 4), 5, 4, False),
    "mlp-dynamo": (Mlp, (2, 4), 5, 4, True),
    "cnn-torchscript": (Cnn, (1, 8, 8), 4, 4, False),
    "cnn-dynamo": (Cnn, (1, 8, 8), 4, 4, True),
    "cnn-dynamo-fixed-batch": (Cnn, (1, 8, 8), 4, 4, "fixed"),
    "odd-torchscript": (Odd, (2, 10, 12), 3, 3, False),
    "odd-dynamo": (Odd, (2, 10, 12), 3, 3, True),
}


def export(model, example, path, dynamo):
    if dynamo:
        shapes = None if dynamo == "fixed" else ({0: torch.export.Dim("batch")},)
        torch.onnx.export(model, (example,), path, dynamo=True, external_data=False, input_names=["input"],
                          output_names=["logits"], dynamic_shapes=shapes, verbose=False)
    else:
        torch.onnx.export(model, (example,), path, dynamo=False, opset_version=18, input_names=["input"],
                          output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}})
    proto = onnx.load(path)
    for node in proto.graph.node:  # traces of this machine's folders are no part of a vector
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output]:
        del value.metadata_props[:]
    for tensor in proto.graph.initializer:
        del tensor.metadata_props[:]
    del proto.graph.metadata_props[:]
    del proto.metadata_props[:]
    del proto.functions[:]
    onnx.save(proto, path)


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def case(name, build, shape, batch, classes, dynamo):
    torch.manual_seed(7)
    model = build().eval()
    xs = torch.randn(STEPS, batch, *shape)
    ys = torch.randint(0, classes, (STEPS, batch))
    export(model, xs[0] if dynamo != "fixed" else xs[0][:1], f"{name}.onnx", dynamo)
    loss = F.cross_entropy(model(xs[0]), ys[0])
    loss.backward()
    gradients = {key: numbers(value.grad) for key, value in model.named_parameters()}
    base = {key: value.detach().clone() for key, value in model.named_parameters()}
    optimiser = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    losses = []
    for x, y in zip(xs, ys):
        optimiser.zero_grad()
        loss_of_step = F.cross_entropy(model(x), y)
        losses.append(float(loss_of_step.detach()))
        prox = sum(((value - base[key]) ** 2).sum() for key, value in model.named_parameters())
        (loss_of_step + PROXIMAL / 2 * prox).backward()
        optimiser.step()
    vector = {
        "title": f"{build.__name__} exported by {'dynamo' if dynamo else 'TorchScript'}: gradients and five SGD steps",
        "source": f"PyTorch {torch.__version__}, test/vectors/gradients/generate.py",
        "input": {"shape": list(shape), "batch": batch, "classes": classes, "learningRate": LEARNING_RATE,
                  "momentum": MOMENTUM, "proximal": PROXIMAL, "steps": STEPS,
                  "examples": numbers(xs), "labels": ys.flatten().tolist()},
        "expect": {"loss": float(loss.detach()), "gradients": gradients, "losses": losses,
                   "parameters": {key: numbers(value) for key, value in model.named_parameters()}},
    }
    with open(f"{name}.json", "w", encoding="utf8") as file:
        json.dump(vector, file, indent=1)
        file.write("\n")
    print(name, [node.op_type for node in onnx.load(f"{name}.onnx").graph.node], file=sys.stderr)


if __name__ == "__main__":
    for title, spec in CASES.items():
        case(title, *spec)
