#!/usr/bin/env python3
"""Writes the PyTorch vectors of nets with BatchNormalization, depthwise and transposed convolutions, interpolation, LSTM and GRU.

Needs what generate.py needs, and shares its functions. Run in this folder: python3 generate-vision.py
Models are exported by TorchScript in training mode and without constant folding, so that weights keep PyTorch's names and
layouts and BatchNormalization stays a node; running statistics are among the parameters compared after five steps.
"""
import json
import sys

import onnx
import torch
from torch import nn
from torch.nn import functional as F

import generate
from generate import LEARNING_RATE, MOMENTUM, PROXIMAL, STEPS, numbers, tokens, train


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.short = None if stride == 1 else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + (x if self.short is None else self.short(x)))


class ResNet(nn.Module):
    """ResNet-8 (He et al. 2016) in narrow: three stages of one block, identity and projection shortcuts."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(3)
        self.stages = nn.Sequential(Block(3, 3, 1), Block(3, 4, 2), Block(4, 5, 2))
        self.fc = nn.Linear(5, 4)

    def forward(self, x):
        return self.fc(F.adaptive_avg_pool2d(self.stages(F.relu(self.bn(self.conv(x)))), 1).flatten(1))


class MobileNet(nn.Module):
    """MobileNetV2's inverted residual (Sandler et al. 2018): expand, depthwise, project; ReLU6 and HardSwish."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(2, 4, 3, 2, 1, bias=False)
        self.expand = nn.Conv2d(4, 8, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.depthwise = nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.project = nn.Conv2d(8, 4, 1, bias=False)
        self.fc = nn.Linear(4, 3)

    def forward(self, x):
        x = F.hardswish(self.stem(x))
        y = F.relu6(self.bn2(self.depthwise(F.relu6(self.bn1(self.expand(x))))))
        return self.fc((x + self.project(y)).mean((2, 3)))


class UNet(nn.Module):
    """Down, up by a transposed convolution and by interpolation, with skip connections; classes by a mean over the map."""

    def __init__(self):
        super().__init__()
        self.down1 = nn.Conv2d(1, 3, 3, padding=1)
        self.down2 = nn.Conv2d(3, 4, 3, padding=1)
        self.bottom = nn.Conv2d(4, 4, 3, padding=1)
        self.up1 = nn.ConvTranspose2d(4, 4, 2, 2)
        self.norm = nn.InstanceNorm2d(8, affine=True)
        self.mix = nn.Conv2d(8, 3, 3, padding=1)
        self.out = nn.Conv2d(6, 3, 1)

    def forward(self, x):
        return self.map(x).mean((2, 3))

    def map(self, x):
        a = torch.tanh(self.down1(x))
        b = torch.tanh(self.down2(F.avg_pool2d(a, 2)))
        c = torch.tanh(self.bottom(F.avg_pool2d(b, 2)))
        d = torch.tanh(self.mix(self.norm(torch.cat([self.up1(c), b], 1))))
        e = F.interpolate(d, scale_factor=2, mode="bilinear")
        return self.out(torch.cat([e, a], 1))


class Segmenting(UNet):
    """The same, with a class for each pixel."""

    def forward(self, x):
        return self.map(x)


class Characters(nn.Module):
    """An embedding, a recurrent layer over it, and the last hidden state, as FL's Shakespeare models have it."""

    def __init__(self, recurrent, both):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.recurrent = recurrent(4, 5, batch_first=True, bidirectional=both)
        self.fc = nn.Linear(10 if both else 5, 3)

    def forward(self, ids):
        return self.fc(self.recurrent(self.embedding(ids))[0][:, -1])


class Normalised(nn.Module):
    """A convolution without bias and its BatchNormalization, which dynamo keeps apart where it is told not to optimise."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(3)
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        return self.fc(F.relu(self.bn(self.conv(x))).mean((2, 3)))


CASES = {
    "batchnorm-dynamo": (Normalised, (1, 8, 8), 4, 4, torch.randn),
    "resnet-training": (ResNet, (1, 8, 8), 4, 4, torch.randn),
    "mobilenet-training": (MobileNet, (2, 8, 8), 4, 3, torch.randn),
    "unet-training": (UNet, (1, 8, 8), 3, 3, torch.randn),
    "segmenting-training": (Segmenting, (1, 8, 8), 3, 3, torch.randn, (8, 8)),
    "lstm-training": (lambda: Characters(nn.LSTM, False), (6,), 4, 3, tokens),
    "gru-training": (lambda: Characters(nn.GRU, True), (6,), 4, 3, tokens),
}


def export(model, example, path):
    if path.endswith("-dynamo.onnx"):
        generate.export(model, example, path, True, optimize=False)
        return
    torch.onnx.export(model, (example,), path, dynamo=False, opset_version=18, input_names=["input"],
                      output_names=["logits"], dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
                      training=torch.onnx.TrainingMode.TRAINING, do_constant_folding=False)
    proto = onnx.load(path)
    for node in proto.graph.node:
        node.doc_string = ""
    onnx.save(proto, path)


def case(name, build, shape, batch, classes, draw, places=()):
    torch.manual_seed(7)
    model = build().train()
    xs = draw(STEPS, batch, *shape)
    ys = torch.randint(0, classes, (STEPS, batch, *places))
    state = {key: value.clone() for key, value in model.state_dict().items()}
    export(model, xs[0], f"{name}.onnx")
    # The trace moved the running statistics, and the file has them as they were after it.
    for tensor in onnx.load(f"{name}.onnx").graph.initializer:
        state[tensor.name] = torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
    model.load_state_dict(state)
    loss = F.cross_entropy(model(xs[0]), ys[0])
    loss.backward()
    gradients = {key: numbers(value.grad) for key, value in model.named_parameters()}
    model.load_state_dict(state)
    losses = train(model, xs, ys)
    after = {key: numbers(value) for key, value in model.state_dict().items() if value.is_floating_point()}
    vector = {
        "title": f"{name}: gradients, five SGD steps and running statistics",
        "source": f"PyTorch {torch.__version__}, test/vectors/gradients/generate-vision.py",
        "input": {"shape": list(shape), **({} if xs.is_floating_point() else {"dtype": "int64"}), "batch": batch,
                  "classes": classes, "learningRate": LEARNING_RATE, "momentum": MOMENTUM, "proximal": PROXIMAL,
                  "steps": STEPS, "examples": numbers(xs), "labels": ys.flatten().tolist()},
        "expect": {"loss": float(loss.detach()), "gradients": gradients, "losses": losses, "parameters": after},
    }
    with open(f"{name}.json", "w", encoding="utf8") as file:
        json.dump(vector, file, separators=(",", ":"))
        file.write("\n")
    print(name, [node.op_type for node in onnx.load(f"{name}.onnx").graph.node], file=sys.stderr)


if __name__ == "__main__":
    for title, spec in CASES.items():
        if not sys.argv[1:] or any(title.startswith(prefix) for prefix in sys.argv[1:]):
            case(title, *spec)
