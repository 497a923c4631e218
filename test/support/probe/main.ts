// Serves the probe, by the same means as Muster's own chaincode.

import { serveChaincode } from '../../../chaincode/src/serve.ts';

process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'CRITICAL';
await serveChaincode(process.env, async () => (await import('./chaincode.ts')).createProbe());
