// The part of the error catalogue that is of enrolment, keystores and the network's machinery.

import { defect, issues, refused, unreachable, type Issue } from './catalogue-entry.ts';

export const networkEntries = {
  // enrolment and keystores
  ERR_CA_UNREACHABLE: unreachable<{ url: string; ca: string; path: string }>(
    503,
    (d) => `certificate authority ${d.ca} at ${d.url}${d.path} does not answer`,
  ),
  ERR_CA_REFUSED: refused<{ url: string; ca: string; path: string; reasons: string }>(
    403,
    (d) => `certificate authority ${d.ca} refused ${d.path}: ${d.reasons}`,
  ),
  ERR_KEYSTORE_MISSING: refused<{ path: string }>(404, (d) => `keystore file ${d.path} does not exist`),
  ERR_KEYSTORE_INVALID: refused<{ folder: string; reason: string }>(422, (d) => `keystore ${d.folder}: ${d.reason}`),

  // the network's machinery
  ERR_NETWORK_DESCRIPTION: refused<{ issues: readonly Issue[] }>(
    422,
    (d) => `network description: ${issues(d.issues)}`,
  ),
  ERR_NETWORK_RUNNING: refused<{ network: string; state: string }>(
    409,
    (d) => `network ${d.network} is running already (state in ${d.state})`,
  ),
  ERR_NETWORK_ABSENT: refused<{ network: string; state: string }>(
    404,
    (d) => `network ${d.network} is not running (state in ${d.state}); start it with: muster up`,
  ),
  ERR_NETWORK_CHANGED: refused<{ network: string; field: string; value: string; expected: string }>(
    409,
    (d) =>
      `network ${d.network} was made with ${d.field} ${d.expected}, asked for ${d.value}; ` +
      'forget it first with: muster down --purge',
  ),
  ERR_FABRIC_MISSING: refused<{ missing: string; install: string }>(424, (d) => `${d.missing} not found: ${d.install}`),
  ERR_FABRIC_BUILD: unreachable<{ module: string; output: string }>(
    503,
    (d) => `building ${d.module} failed: ${d.output}`,
  ),
  ERR_PORT_BUSY: refused<{ port: number; node: string }>(
    409,
    (d) => `port ${d.port}, wanted by ${d.node}, is in use by another process`,
  ),
  ERR_NODE_UNKNOWN: refused<{ node: string }>(404, (d) => `no node is called ${d.node}`),
  ERR_NODE_FAILED: defect<{ node: string; reason: string; log: string; lines: string }>(
    500,
    (d) => `${d.node} ${d.reason}; the end of ${d.log}:\n${d.lines}`,
  ),
  ERR_TOOL_FAILED: defect<{ tool: string; reason: string; output: string }>(
    500,
    (d) => `${d.tool} ${d.reason}: ${d.output}`,
  ),
  ERR_WAIT_EXPIRED: unreachable<{ waitedFor: string; seconds: number; last: string }>(
    504,
    (d) => `waited ${d.seconds} s for ${d.waitedFor}; last seen: ${d.last}`,
  ),
  ERR_SUPERVISOR_UNREACHABLE: unreachable<{ socket: string }>(
    503,
    (d) => `the supervisor at ${d.socket} does not answer`,
  ),
} as const;
