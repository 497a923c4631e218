// The shim's server, which lets go what a peer says of itself when it is ready: how many keys it takes at once.

import ChaincodeServer from 'fabric-shim/lib/server.js';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { hearReady, type Message } from './many-keys.ts';

// the shim's streams take messages of its own copy of fabric-protos only
const { peer } = createRequire(import.meta.resolve('fabric-shim'))('@hyperledger/fabric-protos') as {
  readonly peer: { readonly ChaincodeMessage: new () => Message };
};

/** A server that hears what peers take (many-keys.ts), and is the shim's otherwise. */
export class ListeningServer extends ChaincodeServer {
  override connect(stream: Readable): void {
    // before the shim listens, so that it is known when the first transaction comes
    stream.on('data', (message: Message) => {
      hearReady(stream, message, peer.ChaincodeMessage);
    });
    super.connect(stream);
  }
}
