// The law: what the ledger accepts.

export * from './chaincode.ts';
export * from './ledger.ts';
