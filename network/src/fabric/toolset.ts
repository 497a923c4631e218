// The two sets of programs a network needs: Fabric's and the CA's, each with its Go module and how versions are told.

export interface Toolset {
  readonly module: 'fabric' | 'fabric-ca' | 'ledgerutil';
  readonly tools: readonly string[];
  /** The program that tells the version, and how it is asked. */
  readonly versionOf: readonly [tool: string, argument: string];
  /** The releases that will do, as a prefix. */
  readonly accepts: string;
  /** The Go variable that holds the version. */
  readonly versionVariable: string;
  /** fabric-ca's SQLite is C. */
  readonly needsC: boolean;
}

export const toolsets: readonly (Toolset & { readonly module: 'fabric' | 'fabric-ca' })[] = [
  {
    module: 'fabric',
    tools: ['peer', 'orderer', 'configtxgen', 'osnadmin'],
    versionOf: ['peer', 'version'],
    accepts: '3.1.',
    versionVariable: 'github.com/hyperledger/fabric/common/metadata.Version',
    needsC: false,
  },
  {
    module: 'fabric-ca',
    tools: ['fabric-ca-server'],
    versionOf: ['fabric-ca-server', 'version'],
    accepts: '1.5.',
    versionVariable: 'github.com/hyperledger/fabric-ca/lib/metadata.Version',
    needsC: true,
  },
];

/** The version a program told, e.g. `3.1.1` of "Version: v3.1.1". */
export function parseVersion(output: string): string | undefined {
  return /Version:\s*v?(\d+\.\d+\.\d+)/.exec(output)?.[1];
}
