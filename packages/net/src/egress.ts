// Which addresses a name given by a tenant may lead to: resolved here, checked here, and only what was checked is dialled.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dial } from './dial.ts';
import { asError, codeOf, DialError, EgressError } from './errors.ts';
import { type AddressKind, addressBytes, addressKind, sameBytes } from './ip-address.ts';
import type { Connection } from './transport.ts';

/** What the operator lets tenants reach besides the public internet. */
export interface EgressPolicy {
  readonly allowLoopback: boolean;
  /** RFC 1918, ULA and carriers' shared space. Link-local, multicast and cloud metadata are never allowed. */
  readonly allowPrivate: boolean;
  /** Never to be dialled, such as our own listeners; `0.0.0.0` and `::` stand for every address of this machine. */
  readonly denied: readonly { readonly address: string; readonly port: number }[];
}

/** All addresses of a name, in the order in which they should be tried. Rejects with an error of Node's dns. */
export type ResolveHost = (host: string) => Promise<string[]>;

const resolveBySystem: ResolveHost = async (host) =>
  (await lookup(host, { all: true, order: 'verbatim' })).map((found) => found.address);

/**
 * The addresses of `host` (a name or a literal in any notation) that `policy` allows for `port`, in order.
 * Rejects with EgressError: `dns` if there are none at all, `forbidden` if none is allowed.
 */
export async function resolveChecked(
  host: string,
  port: number,
  policy: EgressPolicy,
  resolveHost: ResolveHost = resolveBySystem,
): Promise<string[]> {
  const addresses = await addressesOf(host, resolveHost);
  const kinds = new Set<string>();
  const allowed = addresses.filter((address) => {
    const verdict = judge(address, port, policy);
    if (verdict !== null) kinds.add(verdict);
    return verdict === null;
  });
  if (allowed.length > 0) return allowed;
  throw new EgressError(host, 'forbidden', `the address is not allowed (${[...kinds].join(', ')})`);
}

/** Where to connect to, by name. `timeoutMs` covers resolving and all addresses together. */
export interface DialHostOptions {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
  readonly policy: EgressPolicy;
}

/** Resolves, checks, and dials the checked addresses in turn. Rejects with EgressError, or DialError of the first address. */
export async function dialHost(options: DialHostOptions): Promise<Connection> {
  const { host, port, timeoutMs, policy } = options;
  const deadline = performance.now() + timeoutMs;
  const addresses = await within(timeoutMs, resolveChecked(host, port, policy), () => {
    return new DialError(host, port, 'timeout');
  });
  let first: unknown = null;
  for (const [index, address] of addresses.entries()) {
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) break;
    try {
      // Each gets an even share of what is left, so that one silent address does not eat the time of the next.
      return await dial({ address, port, timeoutMs: Math.ceil(leftMs / (addresses.length - index)) });
    } catch (error) {
      // «No route» of an IPv6 address on an IPv4 machine says less than what the next address answers.
      const tellsLittle = first instanceof DialError && first.reason === 'unreachable';
      if (first === null || tellsLittle) first = error;
    }
  }
  throw first ?? new DialError(host, port, 'timeout');
}

async function addressesOf(host: string, resolveHost: ResolveHost): Promise<string[]> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0) return [bare];
  const name = bare.toLowerCase().replace(/\.$/, '');
  // RFC 6761: these names are this machine's, and many resolvers do not know the deeper ones.
  if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1'];
  if (name === '') throw new EgressError(host, 'dns', 'the host name is empty');
  try {
    const found = await resolveHost(name);
    if (found.length > 0) return [...new Set(found)];
  } catch (thrown) {
    const error = asError(thrown);
    throw new EgressError(host, 'dns', dnsWords(codeOf(error)), error);
  }
  throw new EgressError(host, 'dns', 'the host name has no address');
}

function dnsWords(code: string): string {
  if (code === 'ENOTFOUND' || code === 'ENODATA') return 'the host name does not exist';
  if (code === 'EAI_AGAIN' || code === 'ETIMEOUT') return 'the name server did not answer';
  return `the host name could not be resolved (${code || 'unknown error'})`;
}

/** Null if allowed, else a word for why not. */
function judge(address: string, port: number, policy: EgressPolicy): AddressKind | 'denied' | null {
  const bytes = addressBytes(address);
  if (bytes === null) return 'reserved';
  const kind = addressKind(bytes);
  const allowed =
    kind === 'public' ||
    (kind === 'loopback' && policy.allowLoopback) ||
    (kind === 'private' && policy.allowPrivate);
  if (!allowed) return kind;
  return isDenied(bytes, kind, port, policy.denied) ? 'denied' : null;
}

function isDenied(
  bytes: Uint8Array,
  kind: AddressKind,
  port: number,
  denied: EgressPolicy['denied'],
): boolean {
  return denied.some((entry) => {
    if (entry.port !== port) return false;
    const entryBytes = addressBytes(entry.address);
    if (entryBytes === null) return false;
    if (addressKind(entryBytes) !== 'unspecified') return sameBytes(bytes, entryBytes);
    return kind === 'loopback' || isOwnAddress(bytes);
  });
}

function isOwnAddress(bytes: Uint8Array): boolean {
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((own) => {
      const ownBytes = addressBytes(own.address);
      return ownBytes !== null && sameBytes(bytes, ownBytes);
    }),
  );
}

async function within<T>(timeoutMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
