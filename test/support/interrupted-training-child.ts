// A process that trains with checkpoints, tells each run, and after so many of them waits to be killed.
// Arguments: the checkpoint's file, its key, the number of runs.
import { train } from './interrupted-training.ts';

const [file = '', key = '', runs = ''] = process.argv.slice(2);
let left = Number(runs);
await train({
  checkpoint: { file, key, everyMs: 0 },
  onProgress: ({ epoch, step }) => {
    if (--left > 0) return;
    process.stdout.write(`${epoch} ${step}\n`, () => undefined);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
