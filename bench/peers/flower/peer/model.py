"""The model, its training and its evaluation: the multi-layer perceptron 784-200-200-10 of McMahan et al. 2017."""

import torch
from torch import nn

SIZES = (784, 200, 200, 10)


def make_model() -> nn.Module:
    """A perceptron with PyTorch's own initial weights."""
    inputs, first, second, classes = SIZES
    return nn.Sequential(
        nn.Linear(inputs, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, classes)
    )


def train_epoch(
    model: nn.Module, features: torch.Tensor, labels: torch.Tensor, batch_size: int, learning_rate: float
) -> float:
    """One epoch of SGD in a new order. Returns the mean loss.

    Batches are cut from tensors in memory: a DataLoader would be slower and measure Python, not Flower.
    """
    optimiser = torch.optim.SGD(model.parameters(), lr=learning_rate)
    loss_of = nn.CrossEntropyLoss()
    model.train()
    total = 0.0
    for batch in torch.randperm(len(labels)).split(batch_size):
        optimiser.zero_grad()
        loss = loss_of(model(features[batch]), labels[batch])
        loss.backward()
        optimiser.step()
        total += loss.item() * len(batch)
    return total / len(labels)


@torch.inference_mode()
def evaluate(model: nn.Module, features: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    """Returns mean cross-entropy and accuracy."""
    model.eval()
    logits = model(features)
    accuracy = (logits.argmax(dim=1) == labels).float().mean().item()
    return nn.functional.cross_entropy(logits, labels).item(), accuracy
