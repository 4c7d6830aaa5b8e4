// How long rights last, and how long one waits to be sure that somebody else's are over.

/** The right to open ends this long after the request that renewed it was sent, less the margin. */
export const leaseTtlMs = 5_000;

/** What two monotonic clocks may differ by in that time, and what carrying out a decision may take. */
export const leaseMarginMs = 500;

/** After this long, by one's own clock, every right that was given before is over. */
export const rightsOverMs = leaseTtlMs + leaseMarginMs;

/**
 * What a process sent in its last moment has reached the server after this long, one repetition of a lost packet
 * included, and what reached it has been ended by the end of the process's sockets, or is seen there.
 */
export const settledAfterEndMs = 500;

/** A want that was not repeated for this long is no longer reckoned with. */
export const wantFreshMs = 3_000;

/** Of slots that do not divide evenly, those who have them keep them unless somebody has waited longer by this. */
export const incumbencyMs = 250;
