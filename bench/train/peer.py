#!/usr/bin/env python3
"""The PyTorch side of `npm run bench -- train`: plain SGD on one CPU thread, one epoch to warm up and one that counts.

Prints one JSON object: seconds of wall clock and of processor time. The models are those of models.ts.
"""
import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(80, 8)
        self.recurrent = nn.LSTM(8, 128, batch_first=True)
        self.fc = nn.Linear(128, 80)

    def forward(self, x):
        return self.fc(self.recurrent(self.embedding(x))[0][:, -1])


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.short = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.short(x))


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(80, 64)
        self.layer = nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True)
        self.fc = nn.Linear(64, 10)

    def forward(self, x):
        return self.fc(self.layer(self.embedding(x)).mean(1))


# model: how it is made, shape of an example, classes, and below what its integers are, 0 where it takes numbers
MODELS = {
    "mlp": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(),
                                  nn.Linear(200, 10)), (1, 28, 28), 10, 0),
    "cnn": (lambda: nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                                  nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10)), (1, 28, 28), 10, 0),
    "lstm": (Lstm, (80,), 80, 80),
    "resnet": (lambda: nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
                                     Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2), nn.AdaptiveAvgPool2d(1),
                                     nn.Flatten(), nn.Linear(64, 10)), (3, 32, 32), 10, 0),
    "encoder": (Encoder, (32,), 10, 80),
}

arguments = argparse.ArgumentParser()
arguments.add_argument("--model", choices=list(MODELS), required=True)
arguments.add_argument("--batch", type=int, required=True)
arguments.add_argument("--examples", type=int, required=True)
given = arguments.parse_args()
torch.set_num_threads(1)
torch.manual_seed(1)

make, shape, classes, codes = MODELS[given.model]
model = make()
optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
size = (given.examples, *shape)
examples = torch.randint(0, codes, size) if codes else torch.rand(size)
labels = torch.randint(0, classes, (given.examples,))


def epoch():
    started, cpu = time.perf_counter(), time.process_time()
    for indices in torch.randperm(given.examples).split(given.batch):
        optimiser.zero_grad()
        F.cross_entropy(model(examples[indices]), labels[indices]).backward()
        optimiser.step()
    return {"seconds": time.perf_counter() - started, "cpuSeconds": time.process_time() - cpu}


epoch()
print(json.dumps({**epoch(), "torch": torch.__version__}))
