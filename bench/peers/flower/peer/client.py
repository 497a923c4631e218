"""What each SuperNode runs: one epoch on its own examples."""

import time
from pathlib import Path

import torch
from flwr.app import ArrayRecord, Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from peer.data import read_examples
from peer.model import make_model, train_epoch

app = ClientApp()


@app.train()
def train(message: Message, context: Context) -> Message:
    """Trains the model that came and sends it back, with the clock times between which it trained."""
    config = context.run_config
    partition = int(context.node_config["partition-id"])
    torch.set_num_threads(int(config["threads"]))
    # Each client its own order, each round another one.
    torch.manual_seed(hash((int(config["seed"]), partition, int(message.content["config"]["server-round"]))))

    folder = Path(str(context.node_config["folder"]))
    features, labels = read_examples(folder / "images.idx", folder / "labels.idx")
    model = make_model()
    model.load_state_dict(message.content["arrays"].to_torch_state_dict())

    # Wall clock, as all clients of this bench share one machine: the server app joins their spans.
    began = time.time()
    loss = train_epoch(model, features, labels, int(config["batch-size"]), float(config["learning-rate"]))
    ended = time.time()

    metrics = MetricRecord(
        {"partition": partition, "began": began, "ended": ended, "loss": loss, "num-examples": len(labels)}
    )
    content = RecordDict({"arrays": ArrayRecord(model.state_dict()), "metrics": metrics})
    return Message(content=content, reply_to=message)
