// The chaincode: its contracts, behind Fabric's own dispatcher.

import { JSONSerializer } from 'fabric-contract-api';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import type { ChaincodeInterface } from 'fabric-shim-api';
import { AuditContract } from './audit/contract.ts';
import { ConsortiumContract } from './consortium/contract.ts';
import { JobsContract } from './jobs/contract.ts';
import { RoundsContract } from './rounds/contract.ts';

/** Makes the chaincode. Functions are called `<contract>:<function>`, take texts and return canonical JSON. */
export function createChaincode(): ChaincodeInterface {
  const serializers = { transaction: 'json', serializers: { json: JSONSerializer } };
  // a fresh list: the dispatcher adds its own contract to the one it is given
  const contracts = [ConsortiumContract, JobsContract, RoundsContract, AuditContract];
  return new ChaincodeFromContract(contracts, serializers, {}, 'muster', '1');
}
