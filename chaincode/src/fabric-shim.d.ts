// The parts of fabric-shim that its own types leave out: the dispatcher its command line starts, its server, its logs.
declare module 'fabric-shim/lib/contract-spi/chaincodefromcontract.js' {
  import type { Contract } from 'fabric-contract-api';
  import type { ChaincodeInterface, ChaincodeResponse, ChaincodeStub } from 'fabric-shim-api';

  export default class ChaincodeFromContract implements ChaincodeInterface {
    constructor(
      contracts: (new () => Contract)[],
      serializers: { transaction: string; serializers: Record<string, unknown> },
      metadata: object,
      title: string,
      version: string,
    );
    Init(stub: ChaincodeStub): Promise<ChaincodeResponse>;
    Invoke(stub: ChaincodeStub): Promise<ChaincodeResponse>;
  }
}

// The server of a chaincode, which a peer connects to.
declare module 'fabric-shim/lib/server.js' {
  import type { ChaincodeInterface, ChaincodeServerOpts } from 'fabric-shim';
  import type { Readable } from 'node:stream';

  export default class ChaincodeServer {
    constructor(chaincode: ChaincodeInterface, options: ChaincodeServerOpts);
    start(): Promise<void>;
    /** takes a peer's stream of messages */
    connect(stream: Readable): void;
  }
}

// The logs of shim and contract API, by the file that writes them.
declare module 'fabric-shim/lib/logger.js' {
  export interface Logger {
    isLevelEnabled(level: string): boolean;
    error: (...told: unknown[]) => Logger;
    warn: (...told: unknown[]) => Logger;
    info: (...told: unknown[]) => Logger;
    debug: (...told: unknown[]) => Logger;
  }
  export function getLogger(name: string): Logger;
}
declare module 'fabric-contract-api/lib/logger.js' {
  export { getLogger } from 'fabric-shim/lib/logger.js';
}
