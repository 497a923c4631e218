// The probe as a chaincode, behind Fabric's own dispatcher.

import { JSONSerializer } from 'fabric-contract-api';
import ChaincodeFromContract from 'fabric-shim/lib/contract-spi/chaincodefromcontract.js';
import type { ChaincodeInterface } from 'fabric-shim-api';
import { ProbeContract } from './contract.ts';

export function createProbe(): ChaincodeInterface {
  const serializers = { transaction: 'json', serializers: { json: JSONSerializer } };
  return new ChaincodeFromContract([ProbeContract], serializers, {}, 'probe', '1');
}
