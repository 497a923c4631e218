// One parser under fuzzing in a process of its own, whose heap is limited: `child.ts <parser> <cases> <seed>`. Tells the parent
// each few cases how far it is, and at last what it found.
import { memoryUsage, resourceUsage } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readCorpus } from '../../test/fuzz/corpus.ts';
import { fuzz, minimise, type FuzzReport } from '../../test/fuzz/fuzz.ts';
import { targets, type TargetName } from '../../test/fuzz/targets.ts';

/** What the parent is told. */
export type Told =
  | { readonly at: number }
  | {
      readonly report: Omit<FuzzReport, 'failures'>;
      readonly failures: readonly { readonly index: number; readonly error: string; readonly smallest: string }[];
      readonly grownMiB: number;
      readonly peakMiB: number;
    };

const MIB = 2 ** 20;
const WARM_UP = 1000;
/** Cases between two signs of life. */
const STEP = 64;

const [name, cases, seed] = process.argv.slice(2);
const parser = name as TargetName;
const tell = (told: Told): void => void process.send?.(told);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const held = (): number => {
  collect();
  const { heapUsed, arrayBuffers } = memoryUsage();
  return (heapUsed + arrayBuffers) / MIB;
};

const corpus = readCorpus(parser).map(({ bytes }) => bytes);
const target = targets[parser];
const options = { seed: Number(seed), onCase: (at: number) => at % STEP === 0 && tell({ at }) };
// what is loaded and compiled at first use is no growth; these cases are other ones
await fuzz(`${parser} before`, target, corpus, { ...options, to: WARM_UP });
const before = held();
const { failures, ...report } = await fuzz(parser, target, corpus, { ...options, to: Number(cases) });
const grownMiB = held() - before;
const told = [];
for (const { index, error, input } of failures) {
  told.push({ index, error, smallest: (await minimise(target, input)).toString('base64') });
}
tell({ report, failures: told, grownMiB, peakMiB: resourceUsage().maxRSS / 1024 });
