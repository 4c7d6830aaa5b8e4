// The one error of this package: the peer's SCRAM message is malformed, or its channel binding is wrong.

const protocolViolation = '08P01';

/**
 * The peer broke the exchange; a wrong password is not an error of this kind. `message`, `detail` and
 * `sqlstate` follow Postgres and may be sent to a client.
 */
export class ScramProtocolError extends Error {
  override readonly name = 'ScramProtocolError';
  readonly detail: string | null;
  readonly sqlstate: string;

  constructor(message: string, detail: string | null = null, sqlstate: string = protocolViolation) {
    super(message);
    this.detail = detail;
    this.sqlstate = sqlstate;
  }
}

/** The error Postgres gives for a message that is not SCRAM's grammar. */
export function malformed(detail: string): ScramProtocolError {
  return new ScramProtocolError('malformed SCRAM message', detail);
}
