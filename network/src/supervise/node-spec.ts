// What the supervisor is told about a node, and what it tells of one. Plain data: it crosses a socket.

/** When a node counts as ready. */
export type Readiness =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      /** GET answers 200. Files are PEM; certificate and key where the endpoint wants a client certificate. */
      readonly kind: 'https';
      readonly url: string;
      readonly rootFile: string;
      readonly certificateFile?: string;
      readonly keyFile?: string;
    }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'all'; readonly of: readonly Readiness[] }
  | { readonly kind: 'started' };

export interface NodeSpec {
  readonly name: string;
  readonly kind: 'ca' | 'orderer' | 'peer' | 'chaincode' | 'gateway' | 'validator' | 'agent';
  readonly command: string;
  readonly args: readonly string[];
  /** Laid over the supervisor's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly readiness: Readiness;
  readonly readySeconds: number;
  /** Seconds between SIGTERM and SIGKILL. */
  readonly stopSeconds: number;
  /** Whether it is started again when it dies. */
  readonly restart: boolean;
}

/** `unready`: it runs, was ready, and does not answer or says that it is not; told only where it is asked. */
export type NodeState = 'starting' | 'ready' | 'unready' | 'waiting' | 'stopping' | 'stopped' | 'failed';

export interface NodeStatus {
  readonly name: string;
  readonly kind: NodeSpec['kind'];
  readonly state: NodeState;
  readonly pid?: number;
  readonly restarts: number;
  readonly log: string;
  /** Seconds from the last start to ready. */
  readonly readySeconds?: number;
  /** Why it is unready, or was not ready in time when it was last started. */
  readonly why?: string;
}
