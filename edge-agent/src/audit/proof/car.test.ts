// Tests of proof files as CARv1: the stock library reads them, and nothing about them is free.

import { describe, expect, test } from '@jest/globals';
import { CarReader } from '@ipld/car';
import { readRecordedProof } from '../../../../test/support/audit/recorded-proof.ts';
import { bufferSource, openCar, sectionCid, writeCar } from './car.ts';

const root = Buffer.from('{"root":true}');
const sections = ['one', 'two', 'one', 'x'.repeat(300)].map((text) => Buffer.from(text));
const file = Buffer.concat([...writeCar(root, sections)]);
const refused = (reason: RegExp): unknown =>
  expect.objectContaining({
    code: 'ERR_AUDIT_FAILED',
    details: expect.objectContaining({ reason: expect.stringMatching(reason) }) as object,
  });

test('the stock library reads what is written, the root first and each section once', async () => {
  const reader = await CarReader.fromBytes(file);
  const cids = (await Array.fromAsync(reader.cids())).map(String);
  expect((await reader.getRoots()).map(String)).toEqual([sectionCid(root)]);
  expect(cids).toEqual([root, sections[0]!, sections[1]!, sections[3]!].map(sectionCid));
  expect(openCar(bufferSource(file)).order).toEqual(cids);
});

test('the stock library reads the recorded proof', async () => {
  const { car } = readRecordedProof();
  const reader = await CarReader.fromBytes(car);
  const [manifest] = await reader.getRoots();
  const { bytes } = (await reader.get(manifest!))!;
  expect(JSON.parse(Buffer.from(bytes).toString('utf8'))).toMatchObject({ type: 'muster.proof', embeds: 'digests' });
});

describe('a file is refused', () => {
  test.each<[string, Buffer, RegExp]>([
    ['that is no CAR', Buffer.from('muster'), /not that of a CAR/],
    ['that is empty', Buffer.alloc(0), /does not end/],
    ['that is cut off', file.subarray(0, file.length - 1), /cut off/],
    [
      'that has a section twice',
      Buffer.concat([file, file.subarray(-336)].map((part) => Buffer.from(part))),
      /cut off|there twice|not CIDv1|longer/,
    ],
    [
      'with a length written longer than need be',
      Buffer.concat([file, Uint8Array.of(0xa4, 0x00)]),
      /longer than need be/,
    ],
    ['with another kind of content id', Buffer.concat([file, Uint8Array.of(36), Buffer.alloc(36, 7)]), /not CIDv1/],
  ])('%s', (_title, bytes, reason) => {
    expect(() => openCar(bufferSource(bytes))).toThrow(refused(reason));
  });

  test('whose section holds other bytes than its content id says', () => {
    const changed = Buffer.from(file);
    changed[changed.length - 1]! ^= 1;
    const car = openCar(bufferSource(changed));
    expect(() => car.read(sectionCid(sections[3]!), 'the last')).toThrow(refused(/not those of/));
  });
});
