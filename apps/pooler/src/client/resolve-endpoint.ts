// Which endpoint a client means: by SNI, else by `options=endpoint=…`, else by `role.<endpoint>`. Pure.
import { type EndpointAddress, parseEndpointLabel, parseHost } from '@weir/tenancy';
import { PoolerError } from '../errors.ts';
import { rawOptionsWords, unescapeOptionsWord } from './options-words.ts';

/** All that a client said about where it wants to go. */
export interface EndpointClaim {
  readonly servername: string | null;
  /** `db.localhost` and its like, without a leading dot. */
  readonly domains: readonly string[];
  /** The `options` startup parameter. */
  readonly options: string | undefined;
  /** The `user` startup parameter; undefined or empty is refused as Postgres does. */
  readonly user: string | undefined;
  /** The listener pools everything (port 6543's habit). */
  readonly pooledOnly: boolean;
}

export interface ResolvedEndpoint {
  readonly endpointId: string;
  readonly pooled: boolean;
  /** The Postgres role, without `.<endpoint>`. */
  readonly role: string;
  /** `options` without the words that were for Weir; undefined if nothing is left. */
  readonly options: string | undefined;
}

interface Named extends EndpointAddress {
  readonly source: 'host name' | 'options' | 'user name';
}

/** Throws PoolerError ENDPOINT_MISSING, ENDPOINT_CONFLICT, ENDPOINT_UNKNOWN or STARTUP_USER_MISSING. */
export function resolveEndpoint(claim: EndpointClaim): ResolvedEndpoint {
  if (!claim.user) throw new PoolerError('STARTUP_USER_MISSING');
  const byOptions = takeFromOptions(claim.options);
  const byUser = takeFromUser(claim.user);
  const byHost = claim.servername === null ? null : parseHost(claim.servername, claim.domains);
  const named: Named[] = [];
  if (byHost) named.push({ ...byHost, source: 'host name' });
  for (const label of byOptions.labels) named.push({ ...readLabel(label), source: 'options' });
  if (byUser.address) named.push({ ...byUser.address, source: 'user name' });
  const chosen = named[0];
  if (!chosen) throw nothingNamed(claim);
  for (const other of named) refuseConflict(chosen, other);
  if (byUser.role === '') throw new PoolerError('STARTUP_USER_MISSING');
  return {
    endpointId: chosen.endpointId,
    pooled: chosen.pooled || claim.pooledOnly,
    role: byUser.role,
    options: byOptions.rest,
  };
}

// A pooled host with a bare id in options is what people write who copy the id alone; the reverse is a contradiction.
function refuseConflict(chosen: Named, other: Named): void {
  if (other.endpointId === chosen.endpointId && (chosen.pooled || !other.pooled)) return;
  throw new PoolerError('ENDPOINT_CONFLICT', {
    first: labelOf(chosen),
    firstSource: chosen.source,
    second: labelOf(other),
    secondSource: other.source,
  });
}

function labelOf(address: EndpointAddress): string {
  return address.pooled ? `${address.endpointId}-pooler` : address.endpointId;
}

function readLabel(label: string): EndpointAddress {
  const address = parseEndpointLabel(label);
  if (!address) throw new PoolerError('ENDPOINT_UNKNOWN', { endpoint: label.slice(0, 100) });
  return address;
}

/** `endpoint=<id>` alone, or as `-c endpoint=<id>`, which is what clients send that check the form of options. */
function takeFromOptions(options: string | undefined): { labels: string[]; rest: string | undefined } {
  const labels: string[] = [];
  const rest: string[] = [];
  for (const raw of rawOptionsWords(options ?? '')) {
    const label = /^(?:-c|--)?endpoint=(.*)$/s.exec(unescapeOptionsWord(raw))?.[1];
    if (label === undefined) {
      rest.push(raw);
      continue;
    }
    labels.push(label);
    if (rest.at(-1) === '-c') rest.pop();
  }
  return { labels, rest: rest.length === 0 ? undefined : rest.join(' ') };
}

function takeFromUser(user: string): { role: string; address: EndpointAddress | null } {
  const dot = user.lastIndexOf('.');
  // Roles may have dots of their own: only what has the form of an endpoint id is taken off.
  const address = dot < 0 ? null : parseEndpointLabel(user.slice(dot + 1));
  return { role: address ? user.slice(0, dot) : user, address };
}

function nothingNamed(claim: EndpointClaim): PoolerError {
  const name = claim.servername?.toLowerCase().replace(/\.$/, '') ?? '';
  for (const domain of claim.domains) {
    const suffix = `.${domain.toLowerCase()}`;
    // Under one of our domains, so the client did name something: say what was not understood.
    if (name.endsWith(suffix)) {
      return new PoolerError('ENDPOINT_UNKNOWN', { endpoint: name.slice(0, -suffix.length) });
    }
  }
  return new PoolerError('ENDPOINT_MISSING');
}
