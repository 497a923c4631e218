#!/usr/bin/env python3
"""Writes the PyTorch gradient vectors: small ONNX exports, and what PyTorch's own autograd and SGD make of them.

Needs torch, numpy, onnx and onnxscript. Run in this folder: python3 generate.py [prefixes of cases]
Every case is one <case>.onnx (by the TorchScript or the dynamo exporter) and one <case>.json with the inputs, the loss and
gradients of one batch, and the parameters after five steps of SGD with momentum and FedProx's proximal term.
"""
import json
import re
import sys
import warnings

import onnx
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
torch.set_num_threads(1)
torch.backends.mha.set_fastpath_enabled(False)  # a fused operator for inference, which no exporter takes
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


class SelfAttention(nn.Module):
    """scaled_dot_product_attention by hand, as transformers written without nn.MultiheadAttention have it."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.qkv(x).chunk(3, dim=-1))
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(batch, length, width))


class Attentive(nn.Module):
    """Token ids, embeddings and positions, one block of attention and Gelu with residuals, mean pooling; int64 input."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(11, 8)
        self.positions = nn.Parameter(torch.randn(1, 5, 8) * 0.1)
        self.attention = SelfAttention(8, 2)
        self.up = nn.Linear(8, 10)
        self.down = nn.Linear(10, 8)
        self.head = nn.Linear(8, 3)

    def forward(self, ids):
        x = self.tokens(ids) + self.positions
        x = x + self.attention(x)
        x = x + self.down(F.gelu(self.up(x)))
        return self.head(x.mean(dim=1))


class Multihead(nn.Module):
    """nn.MultiheadAttention over token ids, with a bool padding mask that comes from the ids, and maximum pooling."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(11, 8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        nn.init.normal_(self.attention.out_proj.bias, std=0.1)  # exporters drop a bias of zeros, and nobody trains it then
        self.head = nn.Linear(8, 3)

    def forward(self, ids):
        x = self.tokens(ids)
        mask = (ids == 0).unsqueeze(1).expand(-1, 5, -1).repeat_interleave(2, dim=0)
        mixed, _ = self.attention(x, x, x, need_weights=False, attn_mask=mask)
        return self.head(torch.tanh(x + mixed).amax(dim=1))


class Encoder(nn.Module):
    """nn.TransformerEncoderLayer over token ids, normalising after each part, and mean pooling."""

    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(11, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 12, dropout=0.0, activation="gelu", batch_first=True)
        self.head = nn.Linear(8, 3)
        for name, parameter in self.layer.named_parameters():
            if "norm" in name or "bias" in name:  # exporters drop a bias of zeros, and keep one of several equal weights
                nn.init.normal_(parameter, 1.0 if name.endswith("weight") else 0.0, 0.1)

    def forward(self, ids):
        return self.head(self.layer(self.tokens(ids)).mean(dim=1))


class Characters(nn.Module):
    """An embedding, an LSTM over it, and the last hidden state."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.recurrent = nn.LSTM(4, 5, batch_first=True)
        self.fc = nn.Linear(5, 3)

    def forward(self, ids):
        return self.fc(self.recurrent(self.embedding(ids))[0][:, -1])


class Tabular(nn.Module):
    """Three categories and four numbers in one float row: embeddings, statistics, Clip, an mlp of odd activations."""

    def __init__(self):
        super().__init__()
        self.embeddings = nn.ModuleList([nn.Embedding(size, width) for size, width in [(4, 2), (7, 3), (3, 2)]])
        self.scale = nn.Parameter(torch.rand(4) + 0.5)
        self.fc1 = nn.Linear(11, 8)
        self.fc2 = nn.Linear(8, 6)
        self.fc3 = nn.Linear(6, 3)

    def forward(self, row):
        codes = row[:, :3].abs().mul(2.5).clamp(max=2.9).long()
        parts = [embedding(codes[:, i]) for i, embedding in enumerate(self.embeddings)]
        numbers = torch.sqrt(torch.exp(row[:, 3:])) / self.scale
        x = torch.cat([*parts, torch.clamp(numbers, 0.2, 3.0)], dim=1)
        x = F.elu(self.fc1(x)) * F.hardswish(self.fc1(x))
        x = F.softplus(self.fc2(x)) - F.leaky_relu(self.fc2(x), 0.2)
        return self.fc3(torch.where(x > 0.5, x ** 2, torch.log1p(x.abs())))


class Shuffle(nn.Module):
    """What moves values: stack, flip, roll, strided slices, split, pad, squeeze, expand, norms, logsumexp, cumsum."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, 4, 3) * 0.5)
        self.query = nn.Parameter(torch.randn(3) * 0.5)
        self.fc = nn.Linear(14, 3)

    def forward(self, x):
        x = x.view(-1, 2, 3, 4)
        y = torch.matmul(x, self.weight)
        a, b = torch.split(y, [1, 2], dim=-1)
        z = torch.cat([torch.flip(b, [2]), a.expand(-1, -1, -1, 2)], dim=2)
        z = F.pad(z[:, :, ::2, :], (1, 0, 0, 1))
        z = torch.stack([z, torch.tanh(z)], dim=1).sum(dim=1)
        norm = z / (z.norm(dim=-1, keepdim=True) + 0.5)
        scores = torch.matmul(torch.roll(norm, 1, dims=2), self.query)
        pooled = torch.logsumexp(scores, dim=2) - scores.amin(dim=2)
        sums = torch.cumsum(scores, dim=2).flatten(1)
        return self.fc(torch.cat([pooled, sums, y.mean(dim=(1, 2)), x[:, 0, 1, :1]], dim=1))


def tokens(*shape):
    return torch.randint(0, 11, shape)


CASES = {
    "mlp-torchscript": (Mlp, (2, 4), 5, 4, False),
    "mlp-dynamo": (Mlp, (2, 4), 5, 4, True),
    "cnn-torchscript": (Cnn, (1, 8, 8), 4, 4, False),
    "cnn-dynamo": (Cnn, (1, 8, 8), 4, 4, True),
    "cnn-dynamo-fixed-batch": (Cnn, (1, 8, 8), 4, 4, "fixed"),
    "odd-torchscript": (Odd, (2, 10, 12), 3, 3, False),
    "odd-dynamo": (Odd, (2, 10, 12), 3, 3, True),
    "attentive-torchscript": (Attentive, (5,), 4, 3, False, tokens),
    "attentive-dynamo": (Attentive, (5,), 4, 3, True, tokens),
    "attentive-dynamo-23": (Attentive, (5,), 4, 3, 23, tokens),
    "multihead-torchscript": (Multihead, (5,), 4, 3, False, tokens),
    "multihead-dynamo": (Multihead, (5,), 4, 3, True, tokens),
    "encoder-torchscript": (Encoder, (5,), 4, 3, False, tokens),
    "encoder-dynamo": (Encoder, (5,), 4, 3, True, tokens),
    "lstm-dynamo": (Characters, (6,), 4, 3, True, tokens),
    "tabular-torchscript": (Tabular, (7,), 5, 3, False),
    "tabular-dynamo": (Tabular, (7,), 5, 3, True),
    "shuffle-torchscript": (Shuffle, (24,), 3, 3, False),
    "shuffle-dynamo": (Shuffle, (24,), 3, 3, True),
}


def export(model, example, path, dynamo, optimize=True):
    if dynamo:
        shapes = None if dynamo == "fixed" else ({0: torch.export.Dim("batch")},)
        torch.onnx.export(model, (example,), path, dynamo=True, external_data=False, input_names=["input"],
                          output_names=["logits"], dynamic_shapes=shapes, verbose=False, optimize=optimize,
                          opset_version=None if dynamo in (True, "fixed") else dynamo)
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


def gates(*parts):
    """PyTorch's gates i, f, g, o in ONNX's order i, o, f, c, with an axis of directions; biases one behind the other."""
    turned = [torch.cat([part.chunk(4)[gate] for gate in (0, 3, 1, 2)]) for part in parts]
    return torch.cat(turned).unsqueeze(0)


def arrangements(parameters):
    """What exporters make of parameters: names of parameters, and how they come to stand in the file."""
    for name, parameter in parameters.items():
        yield (name,), lambda value: value
        if parameter.dim() == 2:
            yield (name,), lambda value: value.t()
        if re.search(r"(weight|bias)_[ih]h_l0$", name):
            names = (name,) if "weight" in name else (name.replace("_hh", "_ih"), name.replace("_ih", "_hh"))
            yield names, gates


def layout(model, path):
    """Initializer name -> names of its parameters, and how they are arranged in it."""
    parameters = dict(model.named_parameters())
    found = {}
    for tensor in onnx.load(path).graph.initializer:
        constant = len(tensor.dims) == 0 or (re.fullmatch(r"val_\d+", tensor.name) and list(tensor.dims) == [1])
        if constant or tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
        for names, arrange in arrangements(parameters):
            candidate = arrange(*(parameters[name].detach() for name in names))
            if tensor.name not in found and candidate.shape == values.shape and torch.equal(candidate, values):
                found[tensor.name] = (names, arrange)
        if tensor.name not in found:
            raise ValueError(f"{path}: initializer {tensor.name} is no parameter of the model")
    return found


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def train(model, xs, ys):
    """A step of SGD a batch, with FedProx's pull to where it began. Returns the loss before each, without that pull."""
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
    return losses


def case(name, build, shape, batch, classes, dynamo, draw=torch.randn):
    torch.manual_seed(7)
    model = build().eval()
    xs = draw(STEPS, batch, *shape)
    ys = torch.randint(0, classes, (STEPS, batch))
    export(model, xs[0] if dynamo != "fixed" else xs[0][:1], f"{name}.onnx", dynamo)
    names = layout(model, f"{name}.onnx")

    def exported(of):
        parameters = dict(model.named_parameters())
        return {key: numbers(arrange(*(of(parameters[name]) for name in parts)))
                for key, (parts, arrange) in names.items()}

    loss = F.cross_entropy(model(xs[0]), ys[0])
    loss.backward()
    gradients = exported(lambda parameter: parameter.grad)
    losses = train(model, xs, ys)
    vector = {
        "title": f"{build.__name__} exported by {'dynamo' if dynamo else 'TorchScript'}: gradients and five SGD steps",
        "source": f"PyTorch {torch.__version__}, test/vectors/gradients/generate.py",
        "input": {"shape": list(shape), **({} if xs.is_floating_point() else {"dtype": "int64"}),
                  "batch": batch, "classes": classes, "learningRate": LEARNING_RATE, "momentum": MOMENTUM, "proximal": PROXIMAL, "steps": STEPS,
                  "examples": numbers(xs), "labels": ys.flatten().tolist()},
        "expect": {"loss": float(loss.detach()), "gradients": gradients, "losses": losses,
                   "parameters": exported(lambda parameter: parameter)},
    }
    with open(f"{name}.json", "w", encoding="utf8") as file:
        if build in (Mlp, Cnn, Odd):
            json.dump(vector, file, indent=1)
        else:
            json.dump(vector, file, separators=(",", ":"))
        file.write("\n")
    print(name, [node.op_type for node in onnx.load(f"{name}.onnx").graph.node], file=sys.stderr)


if __name__ == "__main__":
    for title, spec in CASES.items():
        if not sys.argv[1:] or any(title.startswith(prefix) for prefix in sys.argv[1:]):
            case(title, *spec)
