// The client of the gateways' REST API.

export { askSkew } from './ask-time.ts';
export { createBackoff, pause, type Backoff } from './backoff.ts';
export { createFailoverTransport } from './failover-transport.ts';
export type * from './gateway.ts';
export { createHttpsTransport, type ClientIdentity, type GatewayAddress } from './https-transport.ts';
export { connectMember, readMember, type Member, type MemberOptions } from './member.ts';
export { fromRefusal } from './problem.ts';
export { isRetryable, recordAct, recordEnvelope, type RecordOptions } from './record-act.ts';
export { createGateway, ROUTES } from './rest-gateway.ts';
