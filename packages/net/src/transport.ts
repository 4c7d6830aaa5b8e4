// The narrow interface between Weir and sockets: listen, dial, read, write, pause, upgrade. Adapters implement it.

/** What happened on a connection. Exactly one handler at a time; stages of a connection's life swap it. */
export interface ConnectionHandler {
  /**
   * `bytes[0..length)` are valid only during the call: the buffer is read into again afterwards, so what is to be kept
   * is copied. During the call a view of them may be handed to `write` of any connection: the adapter sees to it that
   * they are not overwritten before they are sent, whatever `write` returns. The handler does not change them.
   */
  onData(bytes: Uint8Array, length: number): void;
  /** All that was handed to `write` has left, after a `write` (or several) returned false. Not once `end` was called. */
  onDrain(): void;
  /** The peer will send no more. The other direction stays open until `end` or `destroy`. Not while paused. */
  onEnd(): void;
  /** The connection is gone, once, after everything else. `error` is null on an orderly end. */
  onClose(error: Error | null): void;
}

/** What is known of TLS on a connection. */
export interface TlsFacts {
  /** SNI's host name as the client sent it, or null. */
  readonly servername: string | null;
  /** The agreed ALPN protocol, or null. */
  readonly alpn: string | null;
  /** `tls-server-end-point` channel binding data (RFC 5929): hash of the certificate shown by the server side. */
  readonly endPointHash: Uint8Array | null;
}

/**
 * One byte stream to a peer. An exception out of a handler destroys this connection with that error and nothing else.
 * Once it is destroyed, by whoever, nothing is called but `onClose`.
 */
export interface Connection {
  handler: ConnectionHandler;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Null until TLS is agreed on. */
  readonly tls: TlsFacts | null;
  /**
   * Queues `bytes` for the peer. True: the adapter is done with them (they have reached the kernel, or were encrypted
   * or copied), they may be overwritten at once. False: they must stay as they are until `onDrain`, bytes given by
   * `onData` apart, and the caller does well to stop the flow that they come from. On a connection that is destroyed
   * or was told to `end` the bytes go nowhere and the answer is true.
   */
  write(bytes: Uint8Array): boolean;
  /** Bytes handed to `write` that are not known to have left: an upper bound, 0 means that all have. */
  readonly unsentBytes: number;
  /** Stop and go on reading. A new connection is paused until its handler calls `resume`. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then end of file. */
  end(): void;
  /**
   * The peer has said that it wants nothing more and is about to close: sends what is queued and end of file, and does
   * not wait for the peer's if it need not. Only onClose may follow.
   */
  leave(): void;
  /** Drops the connection at once. */
  destroy(): void;
}
