// Tests of the clock's watch: what most others contradict is told with its code, and told to be over.

import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { Meters } from '../metrics.ts';
import { ClockWatch, type AskSkew } from './clock-watch.ts';

const away: AskSkew = () => Promise.reject(new Error('away'));
const ahead =
  (seconds: number): AskSkew =>
  () =>
    Promise.resolve(seconds * 1000);

interface Watched {
  readonly watch: ClockWatch;
  readonly meters: Meters;
  readonly lines: { code?: string; seconds?: number; limit?: number; msg: string }[];
}

function watching(ask: readonly AskSkew[]): Watched {
  const lines: Watched['lines'] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Watched['lines'][number]);
  const meters = new Meters();
  return { watch: new ClockWatch({ ask, meters, log: pino({}, { write }) }), meters, lines };
}

test('a clock that most contradict is named with seconds and limit, in the log once', async () => {
  const { watch, meters, lines } = watching([ahead(1200), ahead(1201), away]);
  await watch.look();
  await watch.look();
  expect(watch.failure).toBe(
    'ERR_CLOCK_SKEWED: the clock here is 1200 s ahead of that of most of 3 other organisations’ gateways, ' +
      'the limit is 60 s',
  );
  expect(lines).toMatchObject([{ level: 50, code: 'ERR_CLOCK_SKEWED', seconds: 1200, limit: 60 }]);
  expect(await meters.registry.metrics()).toContain('muster_clock_skew_seconds 1200');
});

test('a clock that one liar contradicts is right', async () => {
  const { watch, lines } = watching([ahead(-1200), ahead(0), ahead(1)]);
  expect(await watch.look()).toBe(3);
  expect(watch.failure).toBeUndefined();
  expect(lines).toEqual([]);
});

test('a clock that was set right is told to be', async () => {
  let seconds = -90;
  const { watch, lines } = watching([() => Promise.resolve(seconds * 1000)]);
  await watch.look();
  expect(watch.failure).toContain('90 s behind');
  seconds = 0;
  await watch.look();
  expect(watch.failure).toBeUndefined();
  expect(lines.map(({ msg }) => msg)).toEqual([expect.stringContaining('90 s behind'), 'the clock is right again']);
});

test('a watch ends when it is told to', async () => {
  const { watch } = watching([away]);
  watch.start();
  await watch.close();
  expect(watch.failure).toBeUndefined();
});
