// The images: Hyperledger's own of the versions that the description names, and Muster's, built from this tree.
import type { NetworkDescription } from '../../description.ts';
import type { Settings } from '../overlay.ts';

export type OwnImage = 'setup' | 'chaincode' | 'gateway' | 'agent';

export function fabricImage(of: 'ca' | 'orderer' | 'peer', { fabric, fabricCa }: NetworkDescription): Settings {
  return { image: `hyperledger/fabric-${of}:${of === 'ca' ? fabricCa : fabric}` };
}

/** @param version - of this tree */
export function ownImage(of: OwnImage, version: string): Settings {
  return {
    image: `muster/${of}:${version}`,
    build: { context: '.', dockerfile: 'containers/Dockerfile', target: of, args: { VERSION: version } },
  };
}
