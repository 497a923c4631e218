// The shim formats each of its log lines, with colours and a time, before it looks whether its level is logged at all: a tenth
// of what a busy chaincode does. Methods of levels that are not logged are replaced by nothing.

import { getLogger as shimLogger, type Logger } from 'fabric-shim/lib/logger.js';
import { getLogger as apiLogger } from 'fabric-contract-api/lib/logger.js';

const SHIM = [
  'lib/chaincode.js',
  'lib/handler.js',
  'lib/iterators.js',
  'lib/server.js',
  'lib/stub.js',
  'contracts-spi/chaincodefromcontract.js',
  'contracts-spi/datamarshall.js',
];
const API = ['./lib/contract.js', './lib/jsontransactionserializer.js'];
const LEVELS = ['error', 'warn', 'info', 'debug'] as const;

function quieten(logger: Logger): void {
  for (const level of LEVELS) if (!logger.isLevelEnabled(level)) logger[level] = () => logger;
}

/** Quietens the loggers of shim and contract API, for the level that the environment names now. */
export function quietenShim(): void {
  SHIM.map(shimLogger).forEach(quieten);
  API.map(apiLogger).forEach(quieten);
}
