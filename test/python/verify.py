"""Verifies a proof of `muster audit export` with stock Python libraries: cryptography, numpy, safetensors.

    python verify.py proof.car --anchor sha256:<hash of the genesis block's header>

It reads the file by its specification (docs/audit.md) and shares no code with Muster. What it checks: every content id,
the chain of block hashes from the anchor, every envelope's form, signature and certificate, every update's digest, and
every round's aggregate, recomputed to the same bytes. Orderers' signatures, endorsements and the rules that the ledger
applied are `muster audit verify`'s part.
"""

import argparse
import base64
import hashlib
import json
import struct
import sys

import numpy as np
import safetensors.numpy
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

CID_PREFIX = bytes([1, 0x55, 0x12, 32])  # CIDv1, raw, SHA-256, 32 bytes


class ProofError(Exception):
    """What does not hold, and where."""


def require(holds, record, reason):
    if not holds:
        raise ProofError(f"{record}: {reason}")


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def cid_text(cid):
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


def read_car(data):
    """Content id -> bytes, and the root: the first section."""
    length, at = varint(data, 0)
    at += length  # the header is dag-cbor; the root is also the first section
    sections, root = {}, None
    while at < len(data):
        length, at = varint(data, at)
        cid, body = data[at : at + 36], data[at + 36 : at + length]
        require(cid[:4] == CID_PREFIX, "section", "is not CIDv1, raw, SHA-256")
        require(hashlib.sha256(body).digest() == cid[4:], cid_text(cid), "bytes do not match the content id")
        root = root or cid_text(cid)
        sections[cid_text(cid)] = body
        at += length
    return sections, root


def fields(message):
    """Fields of a protobuf message that are bytes or numbers, in order."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        if tag & 7 == 0:
            value, at = varint(message, at)
        elif tag & 7 == 2:
            length, at = varint(message, at)
            value, at = message[at : at + length], at + length
        else:
            raise ProofError("block: a field of another wire type")
        yield tag >> 3, value


def der(tag, body):
    return bytes([tag, len(body)]) + body


def verify_chain(blocks, anchor):
    """Block hashes: SHA-256 over DER { number, previous hash, data hash }; the data hash over all transactions."""
    previous = b""
    for number, block in enumerate(blocks):
        record = f"block {number}"
        parts = dict(fields(block))
        header = dict(fields(parts[1]))
        require(header.get(1, 0) == number, record, "has another number")
        require(header.get(2, b"") == previous, record, "does not follow on the one before")
        data = b"".join(value for _, value in fields(parts[2]))
        require(hashlib.sha256(data).digest() == header[3], record, "its data has another hash")
        digits = number.to_bytes(number.bit_length() // 8 + 1, "big")
        encoded = der(0x30, der(2, digits) + der(4, previous) + der(4, header[3]))
        previous = hashlib.sha256(encoded).digest()
        if number == 0:
            require("sha256:" + previous.hex() == anchor, record, "is not the anchor")


def canonical(value):
    """RFC 8785 for what statements hold: texts, whole numbers, objects, lists."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def verify_envelope(text, certificates, act):
    """A JWS in compact form, ES256, whose jti is the digest of its statement."""
    head, payload, signature = text.decode().split(".")
    header, statement = json.loads(decode(head)), json.loads(decode(payload))
    record = f"{act} by {statement['by']}"
    require(header["alg"] == "ES256" and header["typ"] == f"muster.{act}", record, "is no such envelope")
    pem = certificates.get(header["x5t#S256"])
    require(pem is not None, record, "names a certificate that is not in the file")
    certificate = x509.load_pem_x509_certificate(pem)
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
    require(thumbprint == header["x5t#S256"], record, "its certificate has another thumbprint")
    raw = decode(signature)
    encoded = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    certificate.public_key().verify(encoded, f"{head}.{payload}".encode(), ec.ECDSA(hashes.SHA256()))
    require(decode(payload) == canonical(statement), record, "its statement is not canonical")
    unsealed = canonical({key: value for key, value in statement.items() if key != "jti"})
    digest = base64.urlsafe_b64encode(hashlib.sha256(unsealed).digest()).decode().rstrip("=")
    require(statement["jti"] == digest, record, "its jti is another statement's")
    return statement


def order_of(data):
    """Names of a safetensors file in the order of their bytes: a model's parameter order."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    return sorted((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"])


def aggregate(base, updates, fixed_point):
    """FedAvg in doubles, as docs/protocol.md, section 6, orders its steps."""
    names = order_of(base)
    tensors = safetensors.numpy.load(base)
    total = sum(examples for examples, _ in updates)
    changes = [(examples, safetensors.numpy.load(data)) for examples, data in updates]
    scale = float(2 ** fixed_point["fractionBits"])
    for name in names:
        added = np.zeros(tensors[name].shape, np.float64)
        for examples, change in changes:
            require(change[name].dtype == np.int32, name, "is not I32")
            added += float(examples) * change[name].astype(np.float64)
        tensors[name] = (tensors[name].astype(np.float64) + added / float(total) / scale).astype(np.float32)
    return names, tensors


def encode(names, tensors):
    """Safetensors as Muster writes them: canonical header, padded to 8 bytes, tensors in parameter order."""
    header, at, bodies = {}, 0, []
    for name in names:
        body = tensors[name].astype("<f4").tobytes()
        offsets = [at, at + len(body)]
        header[name] = {"dtype": "F32", "shape": list(tensors[name].shape), "data_offsets": offsets}
        at += len(body)
        bodies.append(body)
    text = canonical(header)
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(bodies)


def verify(path, anchor):
    with open(path, "rb") as file:
        sections, root = read_car(file.read())
    manifest = json.loads(sections[root])
    require(manifest["anchor"] == anchor, "manifest", "has another anchor")
    verify_chain([sections[cid] for cid in manifest["blocks"]], anchor)
    print(f"ok  {len(manifest['blocks'])} blocks from the anchor")
    certificates = {one["thumbprint"]: sections[one["pem"]] for one in manifest["certificates"]}
    pieces = {one["cid"]: b"".join(sections[piece] for piece in one["pieces"]) for one in manifest["artefacts"]}
    envelopes = 0

    def read(entry, act):
        nonlocal envelopes
        envelopes += 1
        return verify_envelope(sections[entry["envelope"]], certificates, act)

    def artefact(wanted):
        data = pieces.get(wanted["cid"])
        require(data is not None, wanted["cid"], "is not in the file")
        require("sha256:" + hashlib.sha256(data).hexdigest() == wanted["digest"], wanted["cid"], "has another digest")
        return data

    terms = read(manifest["proposal"], "job.propose")["terms"]
    require(terms == manifest["terms"], "terms", "are not those that were proposed")
    for vote in manifest["votes"]:
        read(vote, "job.vote")
    model = terms["base"]
    for entry in manifest["rounds"]:
        record = f"round {entry['round']}"
        require(entry["base"] == model, record, "starts from another model")
        stated = [(one, read(one, "round.update")) for one in entry["updates"]]
        for one, statement in stated:
            require(statement["update"] == one["update"], one["by"], "stated another update")
            require(statement["base"] == entry["base"]["digest"], one["by"], "started from another model")
        for one in entry["attestations"]:
            attested = read(one, "round.attest")["aggregate"]
            require(attested == entry["model"], one["by"], "attested another model")
        named = read(entry["finalisation"], "round.finalise")
        require(named["aggregate"] == entry["model"]["digest"], record, "another model was finalised")
        taken = [(s["examples"], artefact(s["update"])) for one, s in stated if "excluded" not in one]
        names, tensors = aggregate(artefact(entry["base"]), taken, terms["fixedPoint"])
        digest = "sha256:" + hashlib.sha256(encode(names, tensors)).hexdigest()
        require(digest == entry["model"]["digest"], record, f"its updates make {digest}")
        print(f"ok  {record}: {len(taken)} updates make {digest}")
        model = entry["model"]
    require(model["digest"] == manifest["model"], "model", "is not what the last round made")
    print(f"ok  {envelopes} envelopes")
    print(f"VERIFIED {manifest['model']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Verifies a proof file of Muster.")
    parser.add_argument("proof")
    parser.add_argument("--anchor", required=True)
    given = parser.parse_args()
    try:
        verify(given.proof, given.anchor)
    except Exception as error:  # every way in which hostile bytes can fail to be a proof is the same answer
        print(f"NOT VERIFIED: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(5)
