// The error for a published record that is there but cannot be believed: forged, rolled back, or sealed with an unknown key.
import { FleetUnavailableError } from './contract.ts';

/**
 * A record was found and refused. It is a FleetUnavailableError so that a pooler goes on with what it has:
 * whoever writes into shared state can deny service, but can never hand a pooler another truth.
 */
export class UnreadableRecordError extends FleetUnavailableError {
  override name = 'UnreadableRecordError';
}
