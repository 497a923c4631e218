#!/usr/bin/env python3
"""Writes the optimiser and loss vectors: what PyTorch makes of five steps of a small mlp (5-4-3, Relu between).

Needs torch. Run in this folder: python3 generate.py
optimisers.json: each optimiser x weight decay x clipping, with cross-entropy. losses.json: each loss, its value, the
gradient at the scores, and plain SGD.
"""
import itertools
import json

import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(1)
SIZES, BATCH, STEPS = [5, 4, 3], 6, 5


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def model():
    torch.manual_seed(11)
    return nn.Sequential(nn.Linear(SIZES[0], SIZES[1]), nn.ReLU(), nn.Linear(SIZES[1], SIZES[2]))


def layers(net):
    """Weights as [in, out], as this project's mlp holds them."""
    return {
        "dense1.weight": numbers(net[0].weight.T), "dense1.bias": numbers(net[0].bias),
        "dense2.weight": numbers(net[2].weight.T), "dense2.bias": numbers(net[2].bias),
    }


torch.manual_seed(5)
XS = torch.randn(STEPS, BATCH, SIZES[0]) * 2
YS = torch.randint(0, SIZES[2], (STEPS, BATCH))

OPTIMISERS = [
    ("sgd", {"name": "sgd", "learningRate": 0.1, "momentum": 0}, lambda p, wd: torch.optim.SGD(p, lr=0.1, weight_decay=wd)),
    ("momentum", {"name": "sgd", "learningRate": 0.1, "momentum": 0.9}, lambda p, wd: torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=wd)),
    ("nesterov", {"name": "sgd", "learningRate": 0.1, "momentum": 0.9, "nesterov": True}, lambda p, wd: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=wd)),
    ("adam", {"name": "adam", "learningRate": 0.05, "beta1": 0.8, "beta2": 0.95}, lambda p, wd: torch.optim.Adam(p, lr=0.05, betas=(0.8, 0.95), weight_decay=wd, foreach=False)),
    ("adamw", {"name": "adamw", "learningRate": 0.05}, lambda p, wd: torch.optim.AdamW(p, lr=0.05, weight_decay=wd, foreach=False)),
    ("rmsprop", {"name": "rmsprop", "learningRate": 0.02, "alpha": 0.9}, lambda p, wd: torch.optim.RMSprop(p, lr=0.02, alpha=0.9, weight_decay=wd, foreach=False)),
    ("rmsprop-centred", {"name": "rmsprop", "learningRate": 0.02, "centred": True, "momentum": 0.5}, lambda p, wd: torch.optim.RMSprop(p, lr=0.02, centered=True, momentum=0.5, weight_decay=wd, foreach=False)),
]
CLIPS = [("", None), ("clip-norm", {"norm": 0.3}), ("clip-value", {"value": 0.05}), ("clip-both", {"norm": 0.1, "value": 0.05})]


def optimiser_case(title, recipe, build, decay, clip, schedule=None):
    net = model()
    optimiser = build(net.parameters(), decay)
    scheduler = schedule[1](optimiser) if schedule else None
    losses = []
    for x, y in zip(XS, YS):
        optimiser.zero_grad()
        loss = F.cross_entropy(net(x), y)
        losses.append(float(loss.detach()))
        loss.backward()
        if clip and "value" in clip:
            nn.utils.clip_grad_value_(net.parameters(), clip["value"])
        if clip and "norm" in clip:
            nn.utils.clip_grad_norm_(net.parameters(), clip["norm"])
        optimiser.step()
        if scheduler:
            scheduler.step()
    return {
        "title": title,
        "recipe": {"optimiser": {**recipe, "weightDecay": decay}, **({"clip": clip} if clip else {}),
                   **({"schedule": schedule[0]} if schedule else {})},
        "losses": losses, "parameters": layers(net),
    }


SCHEDULES = [
    ("step", {"step": {"name": "step", "every": 2, "factor": 0.5}}, lambda o: torch.optim.lr_scheduler.StepLR(o, 2, 0.5)),
    ("exponential", {"step": {"name": "exponential", "factor": 0.7}}, lambda o: torch.optim.lr_scheduler.ExponentialLR(o, 0.7)),
    ("cosine", {"step": {"name": "cosine", "length": 5, "floor": 0.1}},
     lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 5, eta_min=0.1 * o.param_groups[0]["lr"])),
    ("warm-up", {"step": {"name": "constant", "warmUp": 4}}, lambda o: torch.optim.lr_scheduler.LinearLR(o, 0.25, 1, 3)),
]


def optimisers():
    cases = []
    for (name, recipe, build), decay, (clipping, clip) in itertools.product(OPTIMISERS, (0.0, 0.1), CLIPS):
        title = " ".join(part for part in (name, "decay" if decay else "", clipping) if part)
        cases.append(optimiser_case(title, recipe, build, decay, clip))
    for (name, recipe, build), (schedule, told, make) in itertools.product(OPTIMISERS[:4], SCHEDULES):
        cases.append(optimiser_case(f"{name} schedule {schedule}", recipe, build, 0.0, None, (told, make)))
    return cases


def loss_case(title, recipe, compute, target):
    net = model()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for x, y in zip(XS, target):
        optimiser.zero_grad()
        loss = compute(net(x), y)
        losses.append(float(loss.detach()))
        loss.backward()
        optimiser.step()
    return {"title": title, "loss": recipe, "targets": numbers(target), "losses": losses, "parameters": layers(net)}


def losses():
    torch.manual_seed(3)
    bits = torch.randint(0, 2, (STEPS, BATCH, SIZES[2])).float()
    values = torch.randn(STEPS, BATCH, SIZES[2]) * 2
    return [
        loss_case("cross-entropy", "cross-entropy", F.cross_entropy, YS),
        loss_case("binary cross-entropy, multi-label", "binary-cross-entropy", F.binary_cross_entropy_with_logits, bits),
        loss_case("mean squared error", "mean-squared-error", F.mse_loss, values),
        loss_case("Huber", {"name": "huber", "delta": 0.7}, lambda a, b: F.huber_loss(a, b, delta=0.7), values),
    ]


def segmentation():
    torch.manual_seed(9)
    scores = torch.randn(4, 3, 2, 5, requires_grad=True)
    labels = torch.randint(0, 3, (4, 2, 5))
    loss = F.cross_entropy(scores, labels)
    loss.backward()
    return {"title": "cross-entropy over [batch, classes, 2, 5]", "scores": numbers(scores), "labels": labels.flatten().tolist(),
            "loss": float(loss.detach()), "slopes": numbers(scores.grad)}


if __name__ == "__main__":
    shared = {"source": f"PyTorch {torch.__version__}, test/vectors/optimisers/generate.py", "sizes": SIZES, "batch": BATCH,
              "steps": STEPS, "start": layers(model()), "examples": numbers(XS), "labels": YS.flatten().tolist()}
    files = {"optimisers.json": {**shared, "cases": optimisers()},
             "losses.json": {**shared, "cases": losses(), "segmentation": segmentation()}}
    for path, vector in files.items():
        with open(path, "w", encoding="utf8") as file:
            json.dump(vector, file, separators=(",", ":"))
            file.write("\n")
