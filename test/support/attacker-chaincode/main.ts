// Serves what an attacker puts in the place of Muster's chaincode beside its own peer.

import { serveChaincode } from '../../../chaincode/src/serve.ts';

process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'CRITICAL';
const { ATTACK } = process.env;
await serveChaincode(process.env, async () => (await import('./chaincode.ts')).createAttackerChaincode(ATTACK));
