// The auditor: at the edge, and believing nobody.

export { auditModel, type Audited, type AuditOptions, type Check, type Evidence } from './audit-model.ts';
export type { Artefacts, RoundProof } from './aggregates.ts';
export { readBlock } from './fabric/block.ts';
export { Chain, type Anchor } from './fabric/chain.ts';
export { anchorOf, LedgerAudit } from './replay/ledger-audit.ts';
export { bufferSource, type ByteSource } from './proof/car.ts';
export { exportProof, type Proof } from './proof/export-proof.ts';
export type { Manifest } from './proof/manifest.ts';
export { verifyProof, type ProofOptions } from './proof/verify-proof.ts';
