// Serves the plainest chaincode, by the same means as Muster's own.

import { JSONSerializer } from 'fabric-contract-api';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import { serveChaincode } from '../../chaincode/src/serve.ts';
import { PlainPut } from './contract.ts';

process.env.CORE_CHAINCODE_LOGGING_LEVEL ??= 'CRITICAL';
const serializers = { transaction: 'json', serializers: { json: JSONSerializer } };
await serveChaincode(process.env, () =>
  Promise.resolve(new ChaincodeFromContract([PlainPut], serializers, {}, 'plain', '1')),
);
