"""IDX files (LeCun, the MNIST database) as tensors: the same files Muster's agents read."""

from pathlib import Path

import numpy as np
import torch

UNSIGNED_BYTE = 0x08


def read_idx(path: Path) -> np.ndarray:
    """Reads an IDX file of unsigned bytes."""
    content = path.read_bytes()
    if len(content) < 4 or content[:3] != bytes([0, 0, UNSIGNED_BYTE]):
        raise ValueError(f"{path} is not an IDX file of unsigned bytes")
    rank = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=rank, offset=4).astype(int)
    return np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_examples(images: Path, labels: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns float32 features [examples, pixels] within [0, 1] and int64 labels [examples]."""
    pixels = read_idx(images)
    features = torch.from_numpy(pixels.reshape(len(pixels), -1).astype(np.float32) / 255)
    chosen = torch.from_numpy(read_idx(labels).astype(np.int64))
    if len(features) != len(chosen):
        raise ValueError(f"{len(features)} images and {len(chosen)} labels are no data set")
    return features, chosen
