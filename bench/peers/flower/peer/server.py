"""What the SuperLink runs: FedAvg over all clients, evaluated on the test images after each round.

Writes one JSON line a round to the file named in the run's configuration (and prints it): the SuperLink's own output
mixes with its log.
"""

import json
import time
from pathlib import Path

import torch
from flwr.app import ArrayRecord, Context, MetricRecord, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import FedAvg

from peer.data import read_examples
from peer.model import evaluate, make_model

POLL_SECONDS = 0.1
NODES_DEADLINE_SECONDS = 120
ROUND_DEADLINE_SECONDS = 600

app = ServerApp()


def covered_seconds(spans: list[tuple[float, float]]) -> float:
    """Seconds covered by at least one of the spans."""
    total, until = 0.0, float("-inf")
    for began, ended in sorted(spans):
        total += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return total


def wait_for_nodes(grid: Grid, clients: int) -> None:
    """Nobody's round shall include the wait for the SuperNodes to register."""
    deadline = time.monotonic() + NODES_DEADLINE_SECONDS
    while (registered := len(list(grid.get_node_ids()))) < clients:
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {NODES_DEADLINE_SECONDS} s for {clients} nodes, {registered} registered")
        time.sleep(POLL_SECONDS)


class Recorder:
    """Takes the times of each round and writes them down."""

    def __init__(self, results: Path, clients: int) -> None:
        self.results = results
        self.clients = clients
        self.began = time.perf_counter()
        self.training: list[dict[str, float]] = []

    def aggregate_metrics(self, replies: list[RecordDict], weighted_by: str) -> MetricRecord:
        """Keeps what each client told; FedAvg calls this once a round with all replies."""
        told = [dict(next(iter(reply.metric_records.values()))) for reply in replies]
        if len(told) != self.clients:
            raise RuntimeError(f"{len(told)} of {self.clients} clients answered: not a round to be measured")
        self.training = sorted(told, key=lambda one: one["partition"])
        examples = sum(one[weighted_by] for one in told)
        return MetricRecord({"loss": sum(one["loss"] * one[weighted_by] for one in told) / examples})

    def start(self) -> None:
        """The first round starts now."""
        self.began = time.perf_counter()

    def end_round(self, number: int, loss: float, accuracy: float, evaluation_seconds: float) -> None:
        """Writes a round's line; the next round starts now."""
        now = time.perf_counter()
        spans = [(one["began"], one["ended"]) for one in self.training]
        line = json.dumps(
            {
                "round": number,
                "seconds": now - self.began,
                "trainingSeconds": covered_seconds(spans),
                "trainingSecondsPerClient": [ended - began for began, ended in spans],
                "evaluationSeconds": evaluation_seconds,
                "examples": [int(one["num-examples"]) for one in self.training],
                "loss": loss,
                "accuracy": accuracy,
            }
        )
        print(line, flush=True)
        with self.results.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.began = time.perf_counter()


@app.main()
def main(grid: Grid, context: Context) -> None:
    """Runs the rounds."""
    config = context.run_config
    clients = int(config["clients"])
    torch.manual_seed(int(config["seed"]))
    features, labels = read_examples(Path(str(config["test-images"])), Path(str(config["test-labels"])))
    recorder = Recorder(Path(str(config["results"])), clients)
    model = make_model()

    def evaluate_round(number: int, arrays: ArrayRecord) -> MetricRecord:
        if number == 0:  # The initial model: evaluated by Flower before the first round.
            recorder.start()
            return MetricRecord({})
        began = time.perf_counter()
        model.load_state_dict(arrays.to_torch_state_dict())
        loss, accuracy = evaluate(model, features, labels)
        recorder.end_round(number, loss, accuracy, time.perf_counter() - began)
        return MetricRecord({"loss": loss, "accuracy": accuracy})

    wait_for_nodes(grid, clients)
    strategy = FedAvg(
        fraction_train=1.0,
        fraction_evaluate=0.0,
        min_train_nodes=clients,
        min_available_nodes=clients,
        train_metrics_aggr_fn=recorder.aggregate_metrics,
    )
    strategy.start(
        grid=grid,
        initial_arrays=ArrayRecord(model.state_dict()),
        num_rounds=int(config["rounds"]),
        timeout=ROUND_DEADLINE_SECONDS,
        evaluate_fn=evaluate_round,
    )
