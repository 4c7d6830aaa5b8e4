// A gate that every login passes at once.
import type { NegotiateDeps } from '../client/negotiate.ts';

export const openGate: NegotiateDeps['gate'] = { pass: () => null, mayTell: () => false };
