#!/usr/bin/env python3
"""The PyTorch side of `npm run bench -- train`: samples a second of plain SGD on one CPU thread, as one JSON object."""
import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional as F

arguments = argparse.ArgumentParser()
arguments.add_argument("--model", choices=["mlp", "cnn"], required=True)
arguments.add_argument("--batch", type=int, required=True)
arguments.add_argument("--examples", type=int, required=True)
given = arguments.parse_args()
torch.set_num_threads(1)
torch.manual_seed(1)

MODELS = {
    "mlp": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(),
                                 nn.Linear(200, 10)),
    "cnn": lambda: nn.Sequential(nn.Conv2d(1, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
                                 nn.Conv2d(32, 64, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                                 nn.Linear(3136, 512), nn.ReLU(), nn.Linear(512, 10)),
}
model = MODELS[given.model]()
optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
examples, labels = torch.rand(given.examples, 1, 28, 28), torch.randint(0, 10, (given.examples,))


def epoch():
    started = time.perf_counter()
    for indices in torch.randperm(given.examples).split(given.batch):
        optimiser.zero_grad()
        F.cross_entropy(model(examples[indices]), labels[indices]).backward()
        optimiser.step()
    return given.examples / (time.perf_counter() - started)


epoch()
print(json.dumps({"samplesPerSecond": epoch(), "torch": torch.__version__}))
