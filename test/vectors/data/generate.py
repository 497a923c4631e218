# Data sets as Python's tools write them (csv, numpy, pyarrow, Pillow), and what must be read from them. Roots are computed
# here by RFC 6962's own words, from struct-packed values. Needs numpy, pyarrow and Pillow:
#   python3 -m venv venv && venv/bin/pip install numpy pyarrow pillow && venv/bin/python test/vectors/data/generate.py
import csv
import hashlib
import io
import json
import random
import struct
import zipfile
from pathlib import Path

import numpy
import PIL
import pyarrow
import pyarrow.parquet
from PIL import Image

HERE = Path(__file__).parent
FORMATS = {"float32": "f", "int32": "i", "int64": "q"}
cases = []


def root(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def case(title, description, shape, target, features, targets, dtype="float32", tolerance=0):
    """features: rows of numbers; targets: a class, or a row of numbers, an example"""
    def leaf(row, wanted):
        tail = struct.pack("<i", wanted) if target["kind"] == "class" else struct.pack(f"<{len(wanted)}f", *wanted)
        return struct.pack(f"<{len(row)}{FORMATS[dtype]}", *row) + tail
    features = [[float(v) if dtype == "float32" else int(v) for v in row] for row in features]
    leaves = [leaf(row, wanted) for row, wanted in zip(features, targets, strict=True)]
    if dtype == "float32":
        features = [list(struct.unpack(f"<{len(row)}f", struct.pack(f"<{len(row)}f", *row))) for row in features]
    if target["kind"] != "class":
        targets = [list(struct.unpack(f"<{len(row)}f", struct.pack(f"<{len(row)}f", *row))) for row in targets]
    cases.append({
        "title": title,
        "source": f"generate.py; numpy {numpy.__version__}, pyarrow {pyarrow.__version__}, Pillow {PIL.__version__}",
        "input": {"v": 1, **description},
        "tolerance": tolerance,
        "expect": {
            "shape": shape, "dtype": dtype, "target": target, "examples": len(features),
            "features": [v for row in features for v in row],
            "targets": [v for wanted in targets for v in (wanted if isinstance(wanted, (list, tuple)) else [wanted])],
            **({"root": "sha256:" + root(leaves).hex()} if tolerance == 0 else {}),
        },
    })


rng = random.Random(4)
numbers = numpy.random.default_rng(4)

# --- tables
colours = ["red", "green", "blue, or so", 'say "teal"']
rows = []
for i in range(23):
    rows.append({
        "age": rng.randint(0, 99), "dose": round(rng.uniform(-2, 2), 6), "colour": rng.choice(colours),
        "lines": "two\nlines" if i % 3 == 0 else "one", "sick": rng.choice(["no", "yes"]),
        "grade": rng.randint(0, 2), "a": rng.randint(0, 1), "b": rng.randint(0, 1), "y": round(rng.gauss(0, 3), 4),
    })
with open(HERE / "table.csv", "w", newline="", encoding="utf-8-sig") as out:
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
case("CSV: numbers and a category as code, class by name",
     {"format": "csv", "path": "table.csv",
      "features": ["age", "dose", {"column": "colour", "kind": "category", "values": colours}],
      "target": {"kind": "class", "column": "sick", "values": ["no", "yes"]},
      "normalise": {"mean": [50, 0, 0], "std": [25, 0.5, 1]}},
     [3], {"kind": "class", "classes": 2},
     [[(r["age"] - 50) / 25, r["dose"] / 0.5, colours.index(r["colour"])] for r in rows],
     [["no", "yes"].index(r["sick"]) for r in rows])
case("CSV: one-hot category, several questions",
     {"format": "csv", "path": "table.csv",
      "features": [{"column": "colour", "kind": "category", "values": colours, "encode": "one-hot"}, "age"],
      "target": {"kind": "binary", "columns": ["a", "b"]}},
     [5], {"kind": "binary", "width": 2},
     [[float(c == r["colour"]) for c in colours] + [r["age"]] for r in rows], [[r["a"], r["b"]] for r in rows])
case("CSV: whole numbers, values to predict",
     {"format": "csv", "path": "table.csv", "features": ["age", "grade"], "dtype": "int64",
      "target": {"kind": "value", "columns": ["y"]}},
     [2], {"kind": "value", "width": 1}, [[r["age"], r["grade"]] for r in rows], [[r["y"]] for r in rows], "int64")
with open(HERE / "gaps.csv", "w", newline="") as out:
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["x", "y", "class"])
    writer.writerows([["1", "", "0"], ["NA", "2", "1"], ["3", "4", "2"], ["5", "6", ""], ["-7e-1", "+.5", "1"]])
case("CSV: gaps, one replaced and others left out, all other columns as features",
     {"format": "csv", "path": "gaps.csv", "delimiter": ";", "missing": "skip", "missingTexts": ["NA"],
      "features": ["x", {"column": "y", "missing": {"replace": -1}}],
      "target": {"kind": "class", "column": "class", "classes": 3}},
     [2], {"kind": "class", "classes": 3}, [[1, -1], [3, 4], [-0.7, 0.5]], [0, 2, 1])

images = [[rng.randint(0, 255) for _ in range(6)] for _ in rows]
for codec in ["none", "snappy", "gzip", "zstd", "brotli"]:
    table = pyarrow.table({
        "age": pyarrow.array([r["age"] for r in rows], pyarrow.int64()),
        "dose": pyarrow.array([r["dose"] for r in rows], pyarrow.float64()),
        "colour": pyarrow.array([r["colour"] for r in rows]).dictionary_encode(),
        "image": pyarrow.array(images, pyarrow.list_(pyarrow.uint8())),
        "nested": pyarrow.array([{"deep": i} for i in range(len(rows))]),
        "sick": pyarrow.array([r["sick"] == "yes" for r in rows]),
    })
    pyarrow.parquet.write_table(table, HERE / f"table-{codec}.parquet", compression=codec, row_group_size=7)
    case(f"Parquet, {codec}: lists, integers, doubles, dictionary, booleans",
         {"format": "parquet", "path": f"table-{codec}.parquet",
          "features": ["age", {"column": "image", "kind": "list", "length": 6}, "dose",
                       {"column": "colour", "kind": "category", "values": colours}],
          "target": {"kind": "class", "column": "sick", "classes": 2}, "shape": [3, 3],
          "normalise": {"mean": [1, 2, 3], "std": [2, 4, 8]}},
         [3, 3], {"kind": "class", "classes": 2},
         [[(v - m) / s for v, m, s in zip([r["age"], *image, r["dose"], colours.index(r["colour"])],
                                        [1, 1, 1, 2, 2, 2, 3, 3, 3], [2, 2, 2, 4, 4, 4, 8, 8, 8])]
          for r, image in zip(rows, images)],
         [int(r["sick"] == "yes") for r in rows])
gaps = pyarrow.table({"x": [1.0, None, float("nan"), 4.0], "y": [0, 1, 1, None]})
pyarrow.parquet.write_table(gaps, HERE / "gaps.parquet")
case("Parquet: nulls and NaN are missing",
     {"format": "parquet", "path": "gaps.parquet", "missing": "skip", "features": "others",
      "target": {"kind": "value", "columns": ["y"]}},
     [1], {"kind": "value", "width": 1}, [[1]], [[0]])

# --- arrays
pixels = numbers.integers(0, 256, (9, 2, 3), dtype=numpy.uint8)
labels = numbers.integers(0, 4, 9)
numpy.save(HERE / "pixels.npy", pixels)
numpy.save(HERE / "labels.npy", labels)
case("NPY: bytes, int64 labels, normalised",
     {"format": "npy", "features": "pixels.npy", "targets": "labels.npy", "shape": [1, 2, 3],
      "target": {"kind": "class", "classes": 4}, "normalise": {"std": 255}},
     [1, 2, 3], {"kind": "class", "classes": 4}, [row.flatten() / 255 for row in pixels], [int(v) for v in labels])
for descr in ["<f4", ">f4", "<f8", ">i2", "<u4", "|i1", ">i8", "|b1"]:
    values = (numbers.normal(0, 40, (5, 4)) * 1).astype(descr)
    wanted = numbers.normal(0, 1, (5, 2)).astype("<f4")
    stem = descr.replace("<", "little-").replace(">", "big-").replace("|", "")
    numpy.savez(HERE / f"{stem}.npz", x=values, y=wanted)
    case(f"NPZ, stored: elements of type {descr}",
         {"format": "npz", "path": f"{stem}.npz", "features": "x", "targets": "y", "target": {"kind": "value"}},
         [4], {"kind": "value", "width": 2}, values.tolist(), wanted.tolist())
codes = numbers.integers(0, 50, (8, 5), dtype=numpy.int64)
answers = numbers.integers(0, 2, (8, 3), dtype=numpy.uint8)
numpy.savez_compressed(HERE / "deflated.npz", codes=codes, answers=answers)
case("NPZ, deflated: codes for an embedding, several questions",
     {"format": "npz", "path": "deflated.npz", "features": "codes", "targets": "answers.npy", "dtype": "int64",
      "target": {"kind": "binary"}},
     [5], {"kind": "binary", "width": 3}, codes.tolist(), answers.tolist(), "int64")
numpy.save(HERE / "fortran.npy", numpy.asfortranarray(pixels))

# --- images
flowers = HERE / "flowers"
for name in ["iris", "rose", "tulip"]:
    (flowers / name).mkdir(parents=True, exist_ok=True)


def draw(seed):
    y, x = numpy.mgrid[0:8, 0:12]
    base = numpy.stack([x * 20 + seed, y * 30, (x + y) * 12 + 3 * seed], -1) % 256
    return Image.fromarray(base.astype(numpy.uint8))


made = {}
for i, (name, file, mode) in enumerate([
    ("iris", "b.png", "RGB"), ("iris", "a.png", "L"), ("rose", "grey-alpha.png", "LA"), ("rose", "palette.png", "P"),
    ("tulip", "alpha.png", "RGBA"), ("tulip", "bits.png", "1"),
]):
    image = draw(i * 7).convert(mode)
    image.save(flowers / name / file)
    made[f"{name}/{file}"] = image
ordered = sorted(made)
classes = ["iris", "rose", "tulip"]
for channels, mode in [(3, "RGB"), (1, "L")]:
    arrays = [numpy.asarray(made[key].convert("RGBA").convert("RGB").convert(mode)) for key in ordered]
    planes = [a.transpose(2, 0, 1) if channels == 3 else a for a in arrays]
    case(f"PNG of every kind, {channels} channels",
         {"format": "images", "path": "flowers", "channels": channels, "height": 8, "width": 12},
         [channels, 8, 12], {"kind": "class", "classes": 3},
         [p.flatten() / 255 for p in planes], [classes.index(key.split("/")[0]) for key in ordered])
small = [numpy.asarray(made[key].convert("RGBA").convert("RGB").resize((5, 3), Image.Resampling.NEAREST)) for key in ordered]
case("PNG, made smaller, with classes of other parties declared",
     {"format": "images", "path": "flowers", "channels": 3, "height": 3, "width": 5, "resize": "nearest",
      "classes": ["daisy", "tulip", "rose", "iris"], "normalise": {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.4]}},
     [3, 3, 5], {"kind": "class", "classes": 4},
     [((a.transpose(2, 0, 1) / 255 - numpy.array([0.5, 0.4, 0.3])[:, None, None]) / numpy.array([0.2, 0.3, 0.4])[:, None, None]).flatten()
      for key, a in sorted(zip(ordered, small), key=lambda pair: (["tulip", "rose", "iris"].index(pair[0].split("/")[0]), pair[0]))],
     sorted(["daisy", "tulip", "rose", "iris"].index(key.split("/")[0]) for key in ordered))
photos = HERE / "photos"
shots = []
for i, (name, progressive, quality, mode) in enumerate([("day", False, 95, "RGB"), ("day", True, 95, "RGB"), ("night", False, 90, "L")]):
    (photos / name).mkdir(parents=True, exist_ok=True)
    y, x = numpy.mgrid[0:16, 0:16]
    smooth = numpy.stack([x * 8 + i * 9, y * 8, 255 - x * 4 - y * 4], -1).astype(numpy.uint8)
    path = photos / name / f"{i}.jpg"
    Image.fromarray(smooth).convert(mode).save(path, quality=quality, progressive=progressive, subsampling=0)
    shots.append((0 if name == "day" else 1, numpy.asarray(Image.open(path).convert("RGB")).transpose(2, 0, 1)))
case("JPEG, baseline, progressive and grey; decoders differ by a few levels",
     {"format": "images", "path": "photos", "channels": 3, "height": 16, "width": 16},
     [3, 16, 16], {"kind": "class", "classes": 2}, [a.flatten() / 255 for _, a in shots], [c for c, _ in shots],
     tolerance=4 / 255)

# --- text
plays = HERE / "plays"
plays.mkdir(exist_ok=True)
acts = {"1.txt": "Ay, très bon!\n", "2.txt": "O", "3.txt": "now 𝄞 now"}
for name, text in acts.items():
    (plays / name).write_text(text, encoding="utf-8")
alphabet = "\n !,.Abeinorstvwyè𝄞?"
for window, stride, encode in [(3, 1, "code"), (4, 2, "one-hot")]:
    windows = [(t[i:i + window], t[i + window]) for t in acts.values() for i in range(0, len(t) - window, stride)]
    code = lambda c: alphabet.index(c) if c in alphabet else alphabet.index("?")
    hot = encode == "one-hot"
    case(f"text: windows of {window} characters, every {stride}, as {encode}",
         {"format": "text", "path": "plays", "alphabet": alphabet, "unknown": "?", "window": window, "stride": stride,
          "encode": encode},
         [window, len(alphabet)] if hot else [window], {"kind": "class", "classes": len(alphabet)},
         [[float(code(c) == k) for c in w for k in range(len(alphabet))] if hot else [code(c) for c in w] for w, _ in windows],
         [code(c) for _, c in windows], "float32" if hot else "int64")

(HERE / "cases.json").write_text(json.dumps(cases, ensure_ascii=False) + "\n", encoding="utf-8")
