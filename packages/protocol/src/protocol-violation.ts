// The one error of this package: the peer sent bytes that the protocol does not allow.
import { SqlState } from './sqlstate.ts';

/**
 * The peer broke the protocol. `message` follows Postgres and may be sent to the peer with `sqlstate`;
 * the connection cannot be read any further.
 */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
  readonly sqlstate: string;

  constructor(message: string, sqlstate: string = SqlState.ProtocolViolation) {
    super(message);
    this.sqlstate = sqlstate;
  }
}
