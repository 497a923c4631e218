#!/usr/bin/env python3
"""Writes metrics.json: what scikit-learn makes of classifications, yes-or-no questions and regressions drawn at random.

Needs numpy and scikit-learn. Run in this folder: python3 generate.py
Scores are rounded to few digits in places, so that many are equal. The calibration error (Guo et al. 2017) is not in
scikit-learn: it is worked out here from the paper's definition, with numpy's binning.
"""
import json

import numpy as np
import sklearn
from sklearn import metrics

RANDOM = np.random.default_rng(17)


def numbers(values):
    return [float(f"{value:.9g}") for value in np.asarray(values, dtype=np.float32).flatten()]


def calibration_error(confidence, right):
    """15 bins, open below and closed above."""
    edges = np.linspace(0, 1, 16)
    bins = np.digitize(confidence, edges[1:-1], right=True)
    off = [abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).sum() for b in range(15) if (bins == b).any()]
    return float(sum(off) / len(confidence))


def classification(classes, examples, digits):
    labels = np.concatenate([np.arange(classes), RANDOM.integers(0, classes, examples - classes)])
    raw = RANDOM.normal(size=(examples, classes)) + 1.5 * np.eye(classes)[labels]
    scores = np.round(raw, digits).astype(np.float32)
    logits = scores.astype(np.float64)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    answers = scores.argmax(1)
    auc = (metrics.roc_auc_score(labels, probabilities[:, 1]) if classes == 2
           else metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average="macro"))
    return {
        "scores": numbers(scores), "classes": classes, "labels": labels.tolist(),
        "expect": {
            "loss": float(metrics.log_loss(labels, probabilities, labels=range(classes))),
            "accuracy": float(metrics.accuracy_score(labels, answers)),
            "recall": metrics.recall_score(labels, answers, average=None, zero_division=0).tolist(),
            "confusion": metrics.confusion_matrix(labels, answers).tolist(),
            "calibration": calibration_error(probabilities.max(1), (answers == labels).astype(float)),
            "auc": float(auc),
        },
    }


def questions(width, examples):
    targets = RANDOM.integers(0, 2, (examples, width))
    scores = np.round(RANDOM.normal(size=(examples, width)) + targets - 0.4, 1).astype(np.float32)
    probabilities = 1 / (1 + np.exp(-scores.astype(np.float64)))
    answers = (probabilities >= 0.5).astype(int)
    confidence = np.maximum(probabilities, 1 - probabilities).flatten()
    return {
        "scores": numbers(scores), "width": width, "targets": targets.flatten().tolist(),
        "expect": {
            "loss": float(np.mean([metrics.log_loss(targets[:, i], probabilities[:, i], labels=[0, 1]) for i in range(width)])),
            "accuracy": float((answers == targets).mean()),
            "recall": [float(metrics.recall_score(targets[:, i], answers[:, i])) for i in range(width)],
            "confusions": [metrics.confusion_matrix(targets[:, i], answers[:, i]).tolist() for i in range(width)],
            "calibration": calibration_error(confidence, (answers == targets).astype(float).flatten()),
            "auc": float(np.mean([metrics.roc_auc_score(targets[:, i], probabilities[:, i]) for i in range(width)])),
        },
    }


def regression(width, examples, mean):
    targets = (RANDOM.normal(size=(examples, width)) * np.arange(1, width + 1) + mean).astype(np.float32)
    answers = (targets + RANDOM.normal(size=targets.shape) * 0.5).astype(np.float32)
    t, a = targets.astype(np.float64), answers.astype(np.float64)
    return {
        "scores": numbers(answers), "width": width, "targets": numbers(targets),
        "expect": {
            "loss": float(metrics.mean_squared_error(t, a)), "mae": float(metrics.mean_absolute_error(t, a)),
            "rmse": float(np.sqrt(metrics.mean_squared_error(t, a))), "r2": float(metrics.r2_score(t, a)),
        },
    }


if __name__ == "__main__":
    vector = {
        "source": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}, test/vectors/metrics/generate.py",
        "classes": [classification(2, 90, 1), classification(4, 260, 1), classification(7, 300, 5)],
        "questions": [questions(1, 120), questions(3, 100)],
        "values": [regression(1, 80, 0), regression(3, 60, 100)],
    }
    with open("metrics.json", "w", encoding="utf8") as file:
        json.dump(vector, file, separators=(",", ":"))
        file.write("\n")
