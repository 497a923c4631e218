// Errors: the catalogue is well formed, and errors survive boundaries where only text or plain data does.

import { describe, expect, test } from '@jest/globals';
import { refusal } from '../../test/support/refusal.ts';
import { catalogue } from './catalogue.ts';
import { fromReport, fromWire, isMusterError, MusterError, readReport, report, toWire, type Code } from './errors.ts';

const error = new MusterError('ERR_JOB_UNKNOWN', { job: 'abc' });
const CODES = Object.keys(catalogue) as Code[];

describe('the catalogue', () => {
  test.each(CODES)('has a well-formed entry for %s', (code) => {
    expect(code).toMatch(/^ERR_[A-Z0-9]+(_[A-Z0-9]+)*$/);
    const { family, http, message } = catalogue[code];
    expect(['refused', 'conflict', 'unreachable', 'defect']).toContain(family);
    expect(http).toBeGreaterThanOrEqual(family === 'defect' ? 500 : 400);
    expect(http).toBeLessThan(600);
    expect(typeof message).toBe('function');
  });

  test.each(CODES)('has a sentence for %s that tells its details', (code) => {
    // any detail reads as its own name, as text and as a list; as a list of issues it holds one
    const named = (name: string): unknown =>
      Object.assign([{ field: 'seed', problem: 'odd' }], { join: () => `<${name}>`, toString: () => `<${name}>` });
    const details = new Proxy({}, { get: (_, name) => named(String(name)) });
    const sentence = (catalogue[code].message as (d: unknown) => string)(details);
    expect(sentence).toMatch(/<\w+>|seed: odd/);
    expect(sentence).not.toMatch(/undefined|\[object/);
  });

  test('leaves out what a sentence may go without', () => {
    expect(new MusterError('ERR_MODEL_MALFORMED', { reason: 'odd' }).message).toBe('ONNX model: odd');
    expect(new MusterError('ERR_MODEL_SHAPE', { reason: 'odd' }).message).toBe('ONNX model: odd');
    expect(new MusterError('ERR_MODEL_SHAPE', { reason: 'odd', node: 'n' }).message).toBe('ONNX model: node n: odd');
    expect(new MusterError('ERR_OPERATOR_UNSUPPORTED', { operator: 'Gru', node: 'n' }).message).toBe(
      'operator Gru of node n is not supported',
    );
  });
});

describe('an error', () => {
  test('has code, details, family, status and sentence', () => {
    expect(error).toMatchObject({ name: 'MusterError', code: 'ERR_JOB_UNKNOWN', details: { job: 'abc' } });
    expect([error.family, error.http, error.message]).toEqual(['refused', 404, 'job abc is unknown']);
  });

  test('is told from others, and by its code', () => {
    expect(isMusterError(error)).toBe(true);
    expect(isMusterError(error, 'ERR_JOB_UNKNOWN')).toBe(true);
    expect(isMusterError(error, 'ERR_JOB_EXISTS')).toBe(false);
    expect(isMusterError(new Error('ERR_JOB_UNKNOWN'))).toBe(false);
    expect(isMusterError(undefined)).toBe(false);
  });

  test('becomes a report and comes back', () => {
    const told = report(error);
    expect(told).toEqual({ code: 'ERR_JOB_UNKNOWN', details: { job: 'abc' } });
    expect(fromReport(told)).toEqual(error);
  });

  test.each([
    undefined,
    null,
    'ERR_JOB_UNKNOWN',
    { code: 1, details: {} },
    { code: 'toString', details: {} },
    { code: 'ERR_JOB_UNKNOWN' },
    { code: 'ERR_JOB_UNKNOWN', details: null },
    { code: 'ERR_JOB_UNKNOWN', details: [] },
    { code: 'ERR_JOB_TERMS', details: {} },
    { code: 'ERR_JOB_UNKNOWN', details: { job: { toString: 1 } } },
  ])('is not read from a report that came as %j', (told) => {
    expect(readReport(told)).toBeUndefined();
    expect(readReport(report(error))).toEqual(error);
  });

  test('crosses the chaincode boundary as text, whatever a peer puts in front', () => {
    expect(toWire(error)).toBe('MUSTER ERR_JOB_UNKNOWN {"job":"abc"}');
    const read = fromWire(`chaincode response 500, ${toWire(error)}`);
    expect(read).toEqual(error);
    expect(
      refusal(() => {
        throw read as Error;
      }).details,
    ).toEqual({ job: 'abc' });
  });

  test.each([
    '',
    'chaincode response 500, out of memory',
    'MUSTER ERR_NOT_OURS {}',
    'MUSTER ERR_JOB_UNKNOWN',
    'MUSTER toString {}',
    'MUSTER ERR_JOB_UNKNOWN {"job":"a',
    'MUSTER ERR_JOB_TERMS {}',
    'MUSTER ERR_JOB_UNKNOWN null',
    `MUSTER ERR_JOB_UNKNOWN ${'['.repeat(100_000)}`,
  ])('is not read from %p', (text) => {
    expect(fromWire(text)).toBeUndefined();
  });
});
