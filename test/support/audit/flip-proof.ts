// Flips of a proof's bits, as an attacker makes them: every content id, the manifest and every hash that anyone may compute
// are set right again. Each flip is judged where it must be found, on what holds up to there, so that many can be tried.

import { bufferSource, LedgerAudit, type Anchor } from '../../../edge-agent/src/audit/index.ts';
import { auditModel, type Audited } from '../../../edge-agent/src/audit/audit-model.ts';
import { openCar, sectionCid, writeCar, type Car } from '../../../edge-agent/src/audit/proof/car.ts';
import { readFrame, type Frame } from '../../../edge-agent/src/audit/proof/manifest.ts';
import { evidenceOf, verifyContents } from '../../../edge-agent/src/audit/proof/verify-proof.ts';
import { flip, forgeBlock } from './forge-block.ts';
import { sectionsByKind } from './sections-by-kind.ts';

export interface Flips {
  readonly tried: number;
  /** flips that were not refused: `section, bit` */
  readonly missed: string[];
  /** flips that were refused by something else than the audit */
  readonly silent: string[];
  /** how many by what was flipped, and of these in blocks by the acts that are in them */
  readonly byKind: Record<string, number>;
}

/** A small generator (mulberry32), so that a seed gives the same flips again. */
function below(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** The flips of one seed, each tried and judged. */
class Trial {
  readonly outcome: Flips & { tried: number } = { tried: 0, missed: [], silent: [], byKind: {} };
  /** The next number drawn, below a limit. */
  readonly next: (limit: number) => number;

  constructor(seed: number) {
    this.next = below(seed);
  }

  /** Counts flips under one more kind. */
  count(kind: string, flips: number): void {
    this.outcome.byKind[kind] = (this.outcome.byKind[kind] ?? 0) + flips;
  }

  refused(kind: string, what: string, attempt: () => unknown): void {
    this.outcome.tried += 1;
    this.count(kind, 1);
    try {
      attempt();
      this.outcome.missed.push(what);
    } catch (error) {
      const { code, details } = error as { code?: string; details?: { record?: string } };
      if (code !== 'ERR_AUDIT_FAILED' || !details?.record) this.outcome.silent.push(`${what}: ${String(error)}`);
    }
  }
}

/** A proof that holds as it is. */
interface Proof {
  readonly file: Buffer;
  readonly audited: Audited;
  /** the anchor as text */
  readonly anchor: string;
}

/** A file with one section changed, and every mention of it in the manifest. */
function rewritten(car: Car, cid: string, changed: Uint8Array): Buffer {
  const manifest = car.read(car.root, 'manifest').toString('utf8').replaceAll(cid, sectionCid(changed));
  const rest = car.order.slice(1).map((each) => (each === cid ? changed : car.read(each, each)));
  return Buffer.concat([...writeCar(Buffer.from(manifest), rest)]);
}

/** Bytes of the artefacts that a proof file holds, by content id. */
export function artefactsIn(file: Buffer): (cid: string) => Uint8Array {
  const car = openCar(bufferSource(file));
  const { artefacts } = readFrame(car.read(car.root, 'manifest'));
  const pieces = new Map(artefacts.map((each) => [each.cid, each.pieces]));
  return (cid) => Buffer.concat((pieces.get(cid) ?? []).map((piece) => car.read(piece, cid)));
}

/**
 * A file with one bit of an artefact flipped, and every content id that anyone may compute set right again.
 * @param bit of the artefact's first piece
 */
export function flipArtefact(file: Buffer, artefact: string, bit: number): Buffer {
  const car = openCar(bufferSource(file));
  const { artefacts } = readFrame(car.read(car.root, 'manifest'));
  const piece = artefacts.find(({ cid }) => cid === artefact)?.pieces[0];
  if (piece === undefined) throw new TypeError(`${artefact} is not in the file`);
  return rewritten(car, piece, flip(car.read(piece, artefact), bit));
}

/** All that verifyProof does beyond the ledger, for a file whose blocks are known to hold. */
function verifyRest(bytes: Uint8Array, audited: Audited, anchor: string): void {
  const car = openCar(bufferSource(bytes));
  verifyContents(car, readFrame(car.read(car.root, 'manifest')), audited, anchor);
}

function flipBlocks(car: Car, frame: Frame, anchor: Anchor, flips: number, trial: Trial): void {
  const audit = new LedgerAudit(anchor, frame.chaincode);
  const blocks = frame.blocks.map((cid, number) => car.read(cid, `block ${number}`));
  const bytes = blocks.reduce((sum, block) => sum + block.length, 0);
  blocks.forEach((block, number) => {
    const share = Math.ceil((flips * block.length) / bytes);
    const before = trial.outcome.tried;
    for (let done = 0; done < share; done++) {
      const bit = trial.next(block.length * 8);
      trial.refused('block', `block ${number}, bit ${bit}`, () => audit.examine(flip(block, bit)));
      if (done % 2 === 0) continue;
      const data = (all: Uint8Array[]): Uint8Array[] => {
        const chosen = trial.next(all.length);
        return all.map((envelope, at) => (at === chosen ? flip(envelope, trial.next(envelope.length * 8)) : envelope));
      };
      trial.refused('block, data hash set right', `data of block ${number}`, () =>
        audit.examine(forgeBlock(block, { data })),
      );
    }
    const acts = new Set(audit.take(block).acts.map(({ act }) => act));
    for (const act of acts) trial.count(`block with ${act}`, trial.outcome.tried - before);
  });
}

/** Turns a bit of an envelope's scores, where it has some. */
function flipScores(envelope: Uint8Array, trial: Trial): Uint8Array | undefined {
  const [head, payload, signature] = Buffer.from(envelope).toString('latin1').split('.') as [string, string, string];
  const claims = Buffer.from(payload, 'base64url');
  const from = claims.indexOf('"scores":[');
  if (from < 0) return undefined;
  const bits = 8 * (claims.indexOf(']', from) - from);
  const flipped = Buffer.from(flip(claims, 8 * from + trial.next(bits))).toString('base64url');
  return Buffer.from([head, flipped, signature].join('.'));
}

function flipRest({ file, audited, anchor }: Proof, flips: number, trial: Trial): void {
  const car = openCar(bufferSource(file));
  const frame = readFrame(car.read(car.root, 'manifest'));
  const byKind = [...sectionsByKind(car, frame, audited)];
  const rest = car.order.slice(1);
  const forged = (cid: string, changed: Uint8Array): Buffer => {
    if (cid !== car.root) return rewritten(car, cid, changed);
    return Buffer.concat([
      ...writeCar(
        changed,
        rest.map((each) => car.read(each, each)),
      ),
    ]);
  };
  for (let done = 0; done < flips; done++) {
    // each kind as often as any other, however few there are of it
    const [kind, sections] = byKind[done % byKind.length]!;
    const cid = sections[trial.next(sections.length)]!;
    const section = car.read(cid, cid);
    const changed = flip(section, trial.next(section.length * 8));
    trial.refused(kind, cid, () => verifyRest(forged(cid, changed), audited, anchor));
    const scores = kind === 'attestation' ? flipScores(section, trial) : undefined;
    if (scores === undefined) continue;
    trial.refused('scores', cid, () => verifyRest(forged(cid, scores), audited, anchor));
  }
}

/** Flips of the file as it is: nothing is set right again. */
function flipFile({ file, audited, anchor }: Proof, flips: number, trial: Trial): void {
  for (let done = 0; done < flips; done++) {
    const bit = trial.next(file.length * 8);
    trial.refused('file', `bit ${bit} of the file`, () => verifyRest(flip(file, bit), audited, anchor));
  }
}

/**
 * Tries flips of a proof that holds: half of them in blocks, the rest in all other sections and in the file as a whole.
 * @throws where the proof does not hold as it is
 */
export async function flipProof(
  file: Buffer,
  anchor: Anchor,
  { flips, seed }: { readonly flips: number; readonly seed: number },
): Promise<Flips> {
  const car = openCar(bufferSource(file));
  const frame = readFrame(car.read(car.root, 'manifest'));
  const { chaincode, job, model } = frame;
  const audited = await auditModel(evidenceOf(car, frame), { anchor, chaincode, job, model, tell: () => undefined });
  const digest = `sha256:${Buffer.from(anchor.genesis).toString('hex')}`;
  verifyContents(car, frame, audited, digest);
  const trial = new Trial(seed);
  const proof = { file, audited, anchor: digest };
  flipBlocks(car, frame, anchor, Math.ceil(flips / 2), trial);
  flipRest(proof, Math.ceil(flips / 8), trial);
  flipFile(proof, Math.ceil(flips / 8), trial);
  return trial.outcome;
}
