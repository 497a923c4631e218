// Starts Muster's chaincode as a service. The only file that reads the environment.

import { MusterError } from '@muster/protocol';
import { serveChaincode } from './serve.ts';

// the shim logs every refusal as an error; defects are logged by the contracts
process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'CRITICAL';

try {
  await serveChaincode(process.env, async () => (await import('./chaincode.ts')).createChaincode());
} catch (error) {
  console.error(error instanceof MusterError ? `${error.code}: ${error.message}` : error);
  process.exit(error instanceof MusterError ? 2 : 1);
}
