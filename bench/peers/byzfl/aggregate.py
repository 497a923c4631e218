"""byzfl's rules over update files, on one thread: by numpy, and by torch. Prints one line of JSON for each rule."""

import argparse
import json
import os
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

import numpy  # noqa: E402
import torch  # noqa: E402
from byzfl.aggregators import aggregators, preaggregators  # noqa: E402


def body_of(data: bytes, dtype: str) -> numpy.ndarray:
    """The values of a safetensors file, end to end."""
    header = int.from_bytes(data[:8], "little")
    return numpy.frombuffer(data, dtype=dtype, offset=8 + header)


def rules(f: int, few: int) -> dict:
    median = aggregators.Median()
    return {
        "median": median,
        "trimmed-mean": aggregators.TrMean(f),
        "meamed": aggregators.Meamed(f),
        "krum": aggregators.Krum(f),
        "multi-krum": aggregators.MultiKrum(f),
        "mda": aggregators.MDA(few),
        "geometric-median": aggregators.GeometricMedian(nu=0.1, T=3),
        "centred-clipping": aggregators.CenteredClipping(L=1, tau=100.0),
        "arc + median": lambda x: median(preaggregators.ARC(f)(x.copy() if isinstance(x, numpy.ndarray) else x.clone())),
        "nnm + trimmed-mean": lambda x: aggregators.TrMean(f)(preaggregators.NNM(f)(x)),
        "bucketing + median": lambda x: median(preaggregators.Bucketing(2)(x)),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--updates", type=int, required=True)
    parser.add_argument("--malicious", type=int, required=True)
    parser.add_argument("--few", type=int, required=True, help="malicious ones of MDA, whose search is exponential")
    parser.add_argument("--by", choices=["numpy", "torch"], required=True)
    parser.add_argument("--rule", required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    job = json.loads((options.folder / "job.json").read_text())
    scale = 2.0 ** -job["fixedPoint"]["fractionBits"]
    names = sorted(job["updates"][: options.updates], key=lambda update: update["by"])
    files = [(options.folder / update["file"]).read_bytes() for update in names]
    # what a framework of either kind hands over: single precision
    rows = numpy.stack([body_of(data, "<i4").astype(numpy.float32) * numpy.float32(scale) for data in files])
    given = rows if options.by == "numpy" else torch.from_numpy(rows)
    rule = rules(options.malicious, options.few)[options.rule]
    used = time.process_time()
    out = numpy.asarray(rule(given))
    processor = time.process_time() - used
    sample = [float(value) for value in out[:: max(1, len(out) // 1000)]]
    print(json.dumps({"rule": options.rule, "processorSeconds": processor, "sample": sample}))


main()
