// One conversation of control-api with a tenant's database: resolve, check the address, log in, ask, within a deadline.
import { Socket } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { EgressError, type EgressPolicy, resolveChecked } from '@weir/net';
import { parseHost, type UpstreamTlsMode } from '@weir/tenancy';
import pg from 'pg';
import { regionsOf } from '../cells.ts';
import type { ControlApiConfig } from '../config.ts';
import { ApiError } from '../errors.ts';
import { isAboutReaching, type ProbeStage, probeFailure } from './probe-failure.ts';

/** A database as a tenant names it. */
export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tlsMode: UpstreamTlsMode;
  readonly caPem: string | null;
}

export interface ProbeOptions {
  readonly egress: Pick<EgressPolicy, 'allowLoopback' | 'allowPrivate'>;
  /** Weir's own listeners and domain, where no upstream may be. */
  readonly ownListeners: EgressPolicy['denied'];
  readonly ownDomains: readonly string[];
  /** For everything together. */
  readonly timeoutMs: number;
}

export function probeOptions(config: ControlApiConfig): ProbeOptions {
  return {
    egress: { allowLoopback: config.egressAllow.loopback, allowPrivate: config.egressAllow.private },
    ownListeners: config.ownListeners,
    ownDomains: regionsOf(config.cells, config.domain).map(({ domain }) => domain),
    timeoutMs: 10_000,
  };
}

/** What `use` makes of a connection that is logged in. Rejects with ApiError `upstream-…` within `timeoutMs`. */
export async function askUpstream<T>(
  target: ProbeTarget,
  options: ProbeOptions,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  const addresses = await within(deadline, checkedAddresses(target, options), () =>
    probeFailure(new ProbeTimeout(), target, 'resolve'),
  );
  let first: ApiError | null = null;
  for (const [index, address] of addresses.entries()) {
    const leftMs = deadline - performance.now();
    // Each gets an even share of what is left, so that one silent address does not eat the time of the next.
    const until = performance.now() + leftMs / (addresses.length - index);
    const attempt = await askAddress(target, address, until, use);
    if (!(attempt instanceof ApiError)) return attempt;
    // Of several addresses the one that answered tells more than the one that could not be reached.
    if (!isAboutReaching(attempt)) throw attempt;
    first ??= attempt;
  }
  throw first!;
}

async function checkedAddresses(target: ProbeTarget, options: ProbeOptions): Promise<string[]> {
  const { host, port } = target;
  const isOurs = () =>
    new ApiError('upstream-is-weir', { faults: [{ field: 'upstream.host', message: 'is Weir itself' }] });
  if (parseHost(host, options.ownDomains) !== null) throw isOurs();
  const resolve = (name: string, denied: EgressPolicy['denied']) =>
    resolveChecked(name, port, { ...options.egress, denied });
  const allowed = await resolve(host, []).catch((error) => {
    throw probeFailure(error, target, 'resolve');
  });
  const verdicts = await Promise.all(
    allowed.map((address) =>
      resolve(address, options.ownListeners).catch((error: unknown) => {
        if (error instanceof EgressError) return [];
        throw error;
      }),
    ),
  );
  const others = verdicts.flat();
  if (others.length === 0) throw isOurs();
  return others;
}

async function askAddress<T>(
  target: ProbeTarget,
  address: string,
  deadline: number,
  use: (client: pg.Client) => Promise<T>,
): Promise<T | ApiError> {
  let stage: ProbeStage = 'dial';
  const socket = new Socket();
  socket.once('connect', () => {
    stage = 'login';
  });
  const client = new pg.Client({
    stream: () => socket,
    host: address,
    port: target.port,
    database: target.database,
    user: target.user,
    password: target.password,
    ssl: tlsOptions(target),
    application_name: 'weir-probe',
    statement_timeout: 5_000,
  });
  // Whatever breaks afterwards is told by the promise that waits.
  client.on('error', () => {});
  try {
    return await within(
      deadline,
      (async () => {
        await client.connect();
        stage = 'questions';
        return await use(client);
      })(),
      () => new ProbeTimeout(),
    );
  } catch (error) {
    return error instanceof ApiError ? error : probeFailure(error, target, stage);
  } finally {
    client.end().catch(() => {});
    // The good-bye is a courtesy: a server that does not read it must not keep the socket.
    setTimeout(() => socket.destroy(), 250).unref();
  }
}

/** Nobody answered by the deadline. */
export class ProbeTimeout extends Error {
  override name = 'ProbeTimeout';
}

function tlsOptions({ tlsMode, caPem, host }: ProbeTarget) {
  if (tlsMode === 'disable') return false;
  const isName = !/^[0-9.]+$|:/.test(host);
  return {
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: tlsMode !== 'require',
    ...(caPem === null ? {} : { ca: caPem }),
    // We dial an address that was checked, so the name must be said here; an address is never sent as SNI.
    ...(isName ? { servername: host } : {}),
    checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
      tlsMode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

async function within<T>(deadline: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, deadline - performance.now()));
  });
  // If the deadline wins, what the work ends with later is nobody's concern.
  work.catch(() => {});
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
