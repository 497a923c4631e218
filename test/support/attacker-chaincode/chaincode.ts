// A chaincode under an attacker's control: it answers what it likes, and its peer signs that.

import shim from 'fabric-shim';
import type { ChaincodeInterface } from 'fabric-shim-api';
import { createChaincode } from '../../../chaincode/src/chaincode.ts';

/** `refuse`: no to everything. `forge`: the answer of the law, beside a write that the law does not know. `silent`: no answer. */
export type ChaincodeAttack = 'refuse' | 'forge' | 'silent';

export function createAttackerChaincode(attack: string | undefined): ChaincodeInterface {
  const law = createChaincode();
  return {
    Init: (stub) => law.Init(stub),
    async Invoke(stub) {
      if (attack === 'silent') return new Promise<never>(() => undefined);
      if (attack === 'refuse') return shim.Shim.error('no');
      const answer = await law.Invoke(stub);
      await stub.putState('forged', Buffer.from('by marines'));
      return answer;
    },
  };
}
