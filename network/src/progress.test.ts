// Tests of the three faces of progress.
import { describe, expect, test } from '@jest/globals';
import { chooseFace, createProgress } from './progress.ts';

function collect(): { lines: () => string[]; write: (text: string) => void } {
  let text = '';
  return { lines: () => text.trimEnd().split('\n'), write: (part) => void (text += part) };
}

describe('progress', () => {
  test('as JSON is one object a line, each step with its seconds', async () => {
    const out = collect();
    const progress = createProgress('json', out);
    await progress.step('certificates', () => Promise.resolve());
    progress.tell('for people', 'finished', { rounds: 3 });
    expect(out.lines().map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'step', step: 'certificates', state: 'started' },
      { event: 'step', step: 'certificates', state: 'finished', seconds: expect.any(Number) },
      { event: 'finished', rounds: 3 },
    ]);
  });

  test('as lines tells a step when it ends', async () => {
    const out = collect();
    await createProgress('lines', out).step('genesis', () => Promise.resolve());
    expect(out.lines()).toEqual([expect.stringContaining('genesis')]);
  });

  test('passes a failure on and tells it', async () => {
    const out = collect();
    const progress = createProgress('json', out);
    await expect(progress.step('nodes', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(JSON.parse(out.lines()[1]!)).toMatchObject({ state: 'failed', failure: 'no' });
    expect(progress.timings).toEqual([]);
  });

  test('keeps the seconds of each step', async () => {
    const progress = createProgress('silent');
    await progress.step('a', () => Promise.resolve());
    await progress.step('b', () => Promise.resolve());
    expect(progress.timings.map(({ step }) => step)).toEqual(['a', 'b']);
  });

  test('redraws on a terminal only', () => {
    expect(chooseFace(false, { isTTY: true, write: () => true })).toBe('terminal');
    expect(chooseFace(false, { write: () => true })).toBe('lines');
    expect(chooseFace(true, { isTTY: true, write: () => true })).toBe('json');
  });
});
