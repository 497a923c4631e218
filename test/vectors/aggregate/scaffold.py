"""Writes scaffold.json: SCAFFOLD (Karimireddy et al. 2020, algorithm 1, option II) word for word, on linear regressions that differ.

python scaffold.py; nothing but the standard library. Each step takes all of an agent's examples, so that no order of theirs matters.
The loss is the mean of squared errors; agents have as many examples each, since the paper's means are not weighted.
"""

import json
from pathlib import Path
from random import Random

AGENTS, EXAMPLES, INPUTS = 3, 4, 2
STEPS, LOCAL_RATE, SERVER_RATE = 5, 0.0625, 0.75
TAKING_PART = [[0, 1, 2], [0, 2], [1], [0, 1, 2]]
draw = Random(1)


def number():
    return draw.randrange(-128, 128) / 64


FEATURES = [[[number() for _ in range(INPUTS)] for _ in range(EXAMPLES)] for _ in range(AGENTS)]
TARGETS = [[number() for _ in range(EXAMPLES)] for _ in range(AGENTS)]
START = [number() for _ in range(INPUTS + 1)]


def gradient(agent, y):
    """Of the weights, then of the bias."""
    total = [0.0] * (INPUTS + 1)
    for x, target in zip(FEATURES[agent], TARGETS[agent]):
        inputs = [*x, 1.0]
        error = sum(w * v for w, v in zip(y, inputs)) - target
        total = [t + 2 * error * v / EXAMPLES for t, v in zip(total, inputs)]
    return total


def mean(rows):
    return [sum(column) / len(rows) for column in zip(*rows)]


x, c = START, [0.0] * (INPUTS + 1)
controls = [[0.0] * (INPUTS + 1) for _ in range(AGENTS)]
rounds = []
for sampled in TAKING_PART:
    changes, control_changes = [], []
    for i in sampled:
        y = x
        for _ in range(STEPS):
            y = [v - LOCAL_RATE * (g - own + all_) for v, g, own, all_ in zip(y, gradient(i, y), controls[i], c)]
        after = [own - all_ + (old - new) / (STEPS * LOCAL_RATE) for own, all_, old, new in zip(controls[i], c, x, y)]
        changes.append([new - old for new, old in zip(y, x)])
        control_changes.append([new - old for new, old in zip(after, controls[i])])
        controls[i] = after
    x = [v + SERVER_RATE * d for v, d in zip(x, mean(changes))]
    c = [v + len(sampled) / AGENTS * d for v, d in zip(c, mean(control_changes))]
    rounds.append({"takingPart": sampled, "changes": changes, "model": x, "control": c, "controls": [*controls]})

vector = {
    "title": "SCAFFOLD of three agents over four rounds, of which two leave agents out",
    "source": "Karimireddy et al. 2020, algorithm 1, option II, by scaffold.py beside it",
    "input": {
        "features": FEATURES,
        "targets": TARGETS,
        "start": START,
        "steps": STEPS,
        "localRate": LOCAL_RATE,
        "serverRate": SERVER_RATE,
    },
    "expect": rounds,
}
Path(__file__).with_name("scaffold.json").write_text(json.dumps([vector], indent=1) + "\n")
