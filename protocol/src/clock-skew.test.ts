// Tests of how a wrong clock is found: by answers' dates, and never by a minority.

import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createTestCa, type TestCa } from '../../test/support/test-ca.ts';
import { agreedSkew, CLOCK_LIMIT_MS, clockSkewed, isServerOf, skewOf, skewOfAnswer } from './clock-skew.ts';

const NOON = Date.UTC(2026, 5, 1, 12);

describe('the skew by an answer', () => {
  test('is between question and answer, and half a second of the date has passed', () => {
    expect(skewOf(NOON, NOON + 200, 'Mon, 01 Jun 2026 12:00:00 GMT')).toBe(-400);
    expect(skewOf(NOON + 20 * 60_000, NOON + 20 * 60_000, 'Mon, 01 Jun 2026 12:00:00 GMT')).toBe(1_199_500);
  });

  test.each([undefined, '', 'yesterday'])('is unknown where the date is %p', (date) => {
    expect(skewOf(NOON, NOON, date)).toBeUndefined();
  });
});

describe('a skew is agreed on', () => {
  const far = 20 * CLOCK_LIMIT_MS;

  test.each<[string, number[], number, number | undefined]>([
    ['by all, the smallest of what they tell', [far, far + 500, far - 500], 3, far - 500],
    ['by two of three, whatever the third says', [-far, -far, far], 3, -far],
    ['by nobody where clocks are right', [100, -200, 300], 3, undefined],
    ['not by one of three', [far, 0, 0], 3, undefined],
    ['not by the one of three who answers', [far], 3, undefined],
    ['not by half', [far, far], 4, undefined],
    ['not to both sides', [far, -far], 2, undefined],
    ['not at the limit itself', [CLOCK_LIMIT_MS], 1, undefined],
    ['not where nobody can be asked', [], 0, undefined],
  ])('%s', (_title, skews, all, agreed) => {
    expect(agreedSkew(skews, all)).toBe(agreed);
  });

  test('and told with its seconds, its side and the limit', () => {
    expect(clockSkewed(1_199_500, 'two of three gateways').message).toBe(
      'the clock here is 1200 s ahead of that of two of three gateways, the limit is 60 s',
    );
    expect(clockSkewed(-90_000, 'a gateway')).toMatchObject({
      code: 'ERR_CLOCK_SKEWED',
      message: 'the clock here is 90 s behind that of a gateway, the limit is 60 s',
      details: { seconds: -90, limit: 60, of: 'a gateway' },
    });
  });
});

describe('a server', () => {
  let own: TestCa;
  let other: TestCa;
  let certificate: X509Certificate;

  beforeAll(async () => {
    [own, other] = await Promise.all([createTestCa('army'), createTestCa('navy')]);
    const issued = await own.issue({ name: 'gateway', subject: 'CN=gateway.army', notAfter: Date.UTC(2026, 0, 2) });
    certificate = new X509Certificate(issued.certificate);
  });

  test('is known by authority and name, though its certificate has expired', () => {
    expect(isServerOf(certificate, own.root, 'gateway.army')).toBe(true);
  });

  test('whose certificate holds tells by how much the clock is off', () => {
    const answer = {
      url: 'https://gateway.army:7000',
      root: own.root,
      certificate,
      sentAt: NOON,
      receivedAt: NOON + 200,
    };
    const date = 'Mon, 01 Jun 2026 12:00:00 GMT';
    expect(skewOfAnswer({ ...answer, date })).toBe(-400);
    expect(() => skewOfAnswer({ ...answer, date: undefined })).toThrow('https://gateway.army:7000 tells no time');
    for (const wrong of [{ root: other.root }, { certificate: undefined }, { url: 'https://gateway.navy:7000' }]) {
      expect(() => skewOfAnswer({ ...answer, date, ...wrong })).toThrow(/has another's certificate$/);
    }
  });

  test('is none by another authority', () => {
    expect(isServerOf(certificate, other.root, 'gateway.army')).toBe(false);
  });

  test.each(['gateway.navy', '127.0.0.1', '[::1]'])('is not %s by another name', (host) => {
    expect(isServerOf(certificate, own.root, host)).toBe(false);
  });
});
