// What the REST client needs of the wire, so that one gateway and several with failover look alike.

/** A request below a gateway's root. */
export interface WireRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** with its query */
  readonly path: string;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** how long the server may take before it answers, milliseconds, beyond the usual */
  readonly waitMs?: number;
  /** of several gateways how many were asked before and did not do it, though they answered: the next is asked first */
  readonly turn?: number;
  /** checks an answer's body; what it throws counts against the gateway that answered */
  readonly verify?: (body: Uint8Array) => void;
}

export interface WireAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

export interface Transport {
  /**
   * @returns answers below 400 only, and 404 to a HEAD
   * @throws MusterError of the problem document, ERR_GATEWAY_UNREACHABLE
   */
  exchange(request: WireRequest): Promise<WireAnswer>;
  /**
   * Opens a stream of bytes that ends only with an error or by the signal.
   * @throws as exchange does
   */
  stream(request: WireRequest, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}
