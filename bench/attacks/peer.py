#!/usr/bin/env python3
"""A cell of the bench `attacks` by byzfl and PyTorch, on one thread: the same examples, agents and first model.

Prints one JSON object: accuracies after the last rounds. Orders of examples are torch's own, so runs agree only roughly.
"""
import argparse
import json
from pathlib import Path

import numpy
import torch
from byzfl import InnerProductManipulation, TrMean
from torch.nn import functional as F

BATCH = 32
RATE = 0.1
SHAPES = [(784, 100), (100,), (100, 10), (10,)]


def forward(parameters, features):
    first, first_bias, second, second_bias = parameters
    return F.relu(features @ first + first_bias) @ second + second_bias


def parts(vector):
    sizes = [int(numpy.prod(shape)) for shape in SHAPES]
    return [part.reshape(shape) for part, shape in zip(vector.split(sizes), SHAPES)]


def train(base, features, targets, generator):
    """One epoch of plain SGD from the base; returns the change."""
    parameters = [part.clone().requires_grad_() for part in parts(base)]
    for chosen in torch.randperm(len(targets), generator=generator).split(BATCH):
        gradients = torch.autograd.grad(F.cross_entropy(forward(parameters, features[chosen]), targets[chosen]), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter -= RATE * gradient
    return torch.cat([parameter.detach().flatten() for parameter in parameters]) - base


def read(folder, name):
    features = torch.from_numpy(numpy.fromfile(folder / f"{name}.features", dtype="<f4")).reshape(-1, 784)
    return features, torch.from_numpy(numpy.fromfile(folder / f"{name}.targets", dtype="<i4").astype("int64"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--attack", choices=["none", "ipm", "label-flip"], required=True)
    parser.add_argument("--agents", type=int, required=True)
    parser.add_argument("--malicious", type=int, nargs="*", default=[], help="the malicious agents")
    parser.add_argument("--f", type=int, required=True, help="how many the rule counts with")
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--last", type=int, required=True, help="rounds whose accuracy is told")
    args = parser.parse_args()
    torch.set_num_threads(1)
    shards = [read(args.folder, str(agent)) for agent in range(args.agents)]
    features, targets = read(args.folder, "test")
    base = torch.from_numpy(numpy.fromfile(args.folder / "base", dtype="<f4"))
    generator = torch.Generator().manual_seed(1)
    rule, ipm = TrMean(args.f), InnerProductManipulation(tau=2.0)
    accuracies = []
    for round in range(1, args.rounds + 1):
        sent = [
            train(base, *shard, generator) for agent, shard in enumerate(shards) if agent not in args.malicious
        ]
        if args.attack == "ipm":
            sent += [ipm(torch.stack(sent))] * len(args.malicious)
        elif args.attack == "label-flip":
            for agent in args.malicious:
                sent.append(train(base, shards[agent][0], 9 - shards[agent][1], generator))
        base = base + rule(torch.stack(sent))
        if round > args.rounds - args.last:
            right = (forward(parts(base), features).argmax(1) == targets).float().mean()
            accuracies.append(float(right))
    print(json.dumps({"accuracies": accuracies}))


main()
