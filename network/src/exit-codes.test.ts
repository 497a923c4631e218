// Tests of how the command line ends.
import { describe, expect, test } from '@jest/globals';
import { CommanderError } from 'commander';
import { MusterError } from '@muster/protocol';
import { errorLine, exitCodeOf, Interrupted } from './exit-codes.ts';

describe('the exit code', () => {
  test.each([
    [new MusterError('ERR_NODE_UNKNOWN', { node: 'x' }), 2],
    [new MusterError('ERR_LEDGER_CONFLICT', { transaction: 't', status: 'MVCC_READ_CONFLICT' }), 3],
    [new MusterError('ERR_SUPERVISOR_UNREACHABLE', { socket: 's' }), 4],
    [new MusterError('ERR_PROOF_INVALID', { reason: 'root' }), 5],
    [new MusterError('ERR_AUDIT_FAILED', { record: 'block 3', reason: 'its commit hash' }), 5],
    [new MusterError('ERR_TOOL_FAILED', { tool: 'peer', reason: 'exited', output: '' }), 1],
    [new CommanderError(0, 'commander.help', ''), 0],
    [new CommanderError(1, 'commander.unknownOption', ''), 2],
    [new TypeError('a bug'), 1],
  ])('of %s is %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code);
  });
});

test('a refusal is told in one line with its code', () => {
  expect(errorLine(new MusterError('ERR_NODE_UNKNOWN', { node: 'x' }))).toBe(
    'muster: ERR_NODE_UNKNOWN: no node is called x',
  );
});

test('an interrupted command ends as shells expect, without a stack', () => {
  expect(exitCodeOf(new Interrupted())).toBe(130);
  expect(errorLine(new Interrupted())).toBe('muster: interrupted');
});
