"""Writes flower.json: three rounds of Flower's server optimisers over seeded updates.

python flower.py, with the packages of bench/peers/flower/requirements.txt.
Flower corrects FedAdam's learning rate for the bias of its first rounds, the paper does not: what it divides by is multiplied in.
"""

import json
from pathlib import Path
from random import Random

import numpy as np
from flwr.common import Code, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
from flwr.server.strategy import FedAdagrad, FedAdam, FedAvgM, FedYogi

ROUNDS, CLIENTS, PARAMETERS = 3, 3, 5
draw = Random(1)
# whole 65536ths: exact in fixed point and in every float
START = [draw.randrange(-65536, 65536) / 65536 for _ in range(PARAMETERS)]
UPDATES = [
    [
        {"examples": draw.randrange(1, 100), "change": [draw.randrange(-4096, 4096) / 65536 for _ in range(PARAMETERS)]}
        for _ in range(CLIENTS)
    ]
    for _ in range(ROUNDS)
]


def initial():
    return ndarrays_to_parameters([np.array(START)])


def bias(number, beta_1, beta_2):
    return np.sqrt(1 - beta_2 ** (number + 1.0)) / (1 - beta_1 ** (number + 1.0))


CASES = [
    ("fed-avg-m", {"lr": 0.5, "beta1": 0.9}, lambda: FedAvgM(server_learning_rate=0.5, server_momentum=0.9, initial_parameters=initial())),
    ("fed-adagrad", {"lr": 0.1, "beta1": 0, "tau": 0.001}, lambda: FedAdagrad(eta=0.1, tau=0.001, initial_parameters=initial())),
    ("fed-adam", {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "tau": 0.001}, lambda: FedAdam(eta=0.1, tau=0.001, initial_parameters=initial())),
    ("fed-yogi", {"lr": 0.01, "beta1": 0.8, "beta2": 0.95, "tau": 0.01}, lambda: FedYogi(eta=0.01, beta_1=0.8, beta_2=0.95, tau=0.01, initial_parameters=initial())),
]


def run(strategy, rule, options):
    current, models = np.array(START), []
    for number, clients in enumerate(UPDATES, 1):
        if rule == "fed-adam":
            strategy.eta = options["lr"] / bias(number, options["beta1"], options["beta2"])
        results = [
            (None, FitRes(Status(Code.OK, ""), ndarrays_to_parameters([current + np.array(one["change"])]), one["examples"], {}))
            for one in clients
        ]
        parameters, _ = strategy.aggregate_fit(number, results, [])
        current = parameters_to_ndarrays(parameters)[0]
        models.append(current.tolist())
    return models


vectors = [
    {
        "title": rule,
        "source": "Flower 1.41.0, flwr.server.strategy, by flower.py beside it",
        "input": {"rule": rule, "options": options, "start": START, "rounds": UPDATES},
        "expect": run(make(), rule, options),
    }
    for rule, options, make in CASES
]
Path(__file__).with_name("flower.json").write_text(json.dumps(vectors, indent=1) + "\n")
