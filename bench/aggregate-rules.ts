// The bench `aggregate-rules`: each robust rule over update files, beside byzfl's of the same name on one thread.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PARAMETERS, writeFiles } from './aggregate/files.ts';
import type { BenchOptions, BenchResult, Row } from './bench.ts';
import { named } from './named.ts';
import { ensurePython } from './python-environment.ts';
import { median, rounded } from './statistics.ts';

const ROUNDS = 3;
const UPDATES = 50;
const PERCENT = 20;
const MALICIOUS = (UPDATES * PERCENT) / 100;
/** Of minimum diameter averaging, whose search is exponential. */
const FEW_PERCENT = 2;
const FEW = (UPDATES * FEW_PERCENT) / 100;
const ours = fileURLToPath(new URL('aggregate/rule.ts', import.meta.url));
const theirs = fileURLToPath(new URL('peers/byzfl/aggregate.py', import.meta.url));

interface Told {
  readonly processorSeconds: number;
  /** some values of the aggregate */
  readonly sample: readonly number[];
}

/** A rule, as byzfl calls it and as Muster does. */
interface Compared {
  readonly theirs: string;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** whether both compute the same: else draws or medians differ by definition */
  readonly same: boolean;
}

const share = { maliciousPercent: PERCENT };
const krum = { ...share, neighbours: 'n-f-1', score: 'mean' };
const one = (name: string, options: Compared['options'] = share): Compared => ({
  theirs: name,
  name,
  options,
  same: true,
});
const RULES: readonly Compared[] = [
  one('median'),
  one('trimmed-mean'),
  one('meamed'),
  one('krum', krum),
  one('multi-krum', krum),
  one('mda', { maliciousPercent: FEW_PERCENT }),
  one('geometric-median'),
  one('centred-clipping'),
  { theirs: 'arc + median', name: 'median', options: { ...share, before: ['arc'] }, same: true },
  { theirs: 'nnm + trimmed-mean', name: 'trimmed-mean', options: { ...share, before: ['nnm'] }, same: true },
  { theirs: 'bucketing + median', name: 'median', options: { ...share, before: ['bucketing'] }, same: false },
];

const SYSTEMS = ['muster', 'byzfl, numpy', 'byzfl, torch'] as const;
type System = (typeof SYSTEMS)[number];

function commandOf(system: System, rule: Compared, folder: string, python: string): readonly [string, ...string[]] {
  if (system === 'muster') {
    return [process.execPath, ours, folder, String(UPDATES), rule.name, JSON.stringify(rule.options)];
  }
  const counts = ['--updates', String(UPDATES), '--malicious', String(MALICIOUS), '--few', String(FEW)];
  const by = system === 'byzfl, numpy' ? 'numpy' : 'torch';
  return [python, theirs, folder, ...counts, '--by', by, '--rule', rule.theirs];
}

/** The largest difference of the sampled values: theirs are single precision. */
function difference(a: Told, b: Told): number {
  return a.sample.reduce((most, value, i) => Math.max(most, Math.abs(value - (b.sample[i] ?? NaN))), 0);
}

/** As close as single precision is to double: values are below 1/4. */
const CLOSE = 1e-5;

export async function run({ progress, signal, rounds = ROUNDS, rules: text }: BenchOptions): Promise<BenchResult> {
  const names = RULES.map(({ theirs: name }) => name);
  const wanted = named('rules', text, names) ?? names;
  const rules = RULES.filter(({ theirs: name }) => wanted.includes(name));
  const { bin, versions } = await progress.step('byzfl: environment', (note) => ensurePython('byzfl', note, signal));
  const folder = await mkdtemp(join(tmpdir(), 'muster-bench-rules-'));
  const told = new Map<string, Told[]>();
  const take = async (system: System, rule: Compared): Promise<void> => {
    const [program, ...args] = commandOf(system, rule, folder, join(bin, 'python'));
    const { stdout } = await promisify(execFile)(program, args, { signal, maxBuffer: 2 ** 24 });
    const key = `${system} ${rule.theirs}`;
    told.set(key, [...(told.get(key) ?? []), JSON.parse(stdout) as Told]);
  };
  try {
    await progress.step(`${UPDATES} updates of ${PARAMETERS} parameters`, (note) => writeFiles(folder, UPDATES, note));
    for (let round = 1; round <= rounds; round++) {
      await progress.step(`in turns, round ${round}`, async (note) => {
        for (const rule of rules) {
          note(rule.theirs);
          for (const system of SYSTEMS) await take(system, rule);
        }
      });
    }
    const of = (system: System, { theirs: rule }: Compared): Told[] => told.get(`${system} ${rule}`) ?? [];
    const seconds = (system: System, rule: Compared): number =>
      median(of(system, rule).map(({ processorSeconds }) => processorSeconds));
    for (const rule of rules.filter(({ same }) => same)) {
      const [mine, numpys] = [of('muster', rule)[0] as Told, of('byzfl, numpy', rule)[0] as Told];
      const apart = difference(mine, numpys);
      if (!(apart < CLOSE)) throw new Error(`${rule.theirs}: aggregates differ by ${apart}`);
    }
    const rows = rules.map((rule): Row => {
      const [mine, numpys, torchs] = SYSTEMS.map((system) => seconds(system, rule)) as [number, number, number];
      return {
        rule: rule.theirs,
        'muster CPU s': rounded(mine),
        'byzfl numpy CPU s': rounded(numpys),
        'byzfl torch CPU s': rounded(torchs),
        'numpy ÷ muster': rounded(numpys / mine, 2),
        'torch ÷ muster': rounded(torchs / mine, 2),
      };
    });
    const ratios = rules.map((rule) => seconds('byzfl, numpy', rule) / seconds('muster', rule));
    return {
      title: `Robust rules over ${UPDATES} updates of ${PARAMETERS} parameters, ${PERCENT} % malicious, one thread, beside byzfl ${versions['byzfl'] ?? ''}; ratio: the least, to numpy`,
      rows,
      figures: { updates: UPDATES, parameters: PARAMETERS, versions, told: Object.fromEntries(told) },
      ratio: Math.min(...ratios),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
