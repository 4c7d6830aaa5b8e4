// A name for one creation, so that a second try after a lost reply makes nothing twice.

/** `crypto.randomUUID` exists only over https and on localhost; this works over plain http as well. */
export function newIdempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
