// A client's life as a table of contents: each stage in a file of its own, every error ended here, once.
import type { AddressRanges, Connection, EgressPolicy, FrameChannel, ServerCertificates } from '@weir/net';
import type { Logger } from '@weir/telemetry';
import { hostOf } from '@weir/tenancy';
import type { CancelKeys } from '../cancel/cancel-keys.ts';
import type { SourceRate } from '../cancel/source-rate.ts';
import type { DirectPair } from '../direct/relay.ts';
import { serveDirect } from '../direct/serve-direct.ts';
import { asPoolerError, PoolerError } from '../errors.ts';
import type { LeaseKeeper } from '../leases/lease-keeper.ts';
import type { PoolRegistry } from '../pools/pool-registry.ts';
import type { PoolRunner } from '../pools/pool-runner.ts';
import type { WordCounts } from '../pools/served-endpoint.ts';
import type { RoleSecrets } from '../server/auth-query.ts';
import { withoutEndpointGucs } from '../server/endpoint-gucs.ts';
import type { TenantCache } from '../tenants/tenant-cache.ts';
import { admit, type ClientCounts } from './admit.ts';
import { authenticate, type Login, type ServerCredential } from './authenticate.ts';
import { wishOf } from './client-wish.ts';
import { findCredential } from './find-credential.ts';
import type { LoginGate } from './login-gate.ts';
import { type Negotiated, type NegotiatedCancel, type NegotiatedClient, negotiate } from './negotiate.ts';
import { endSoon, refuse } from './refuse.ts';
import { serve } from './serve.ts';
import type { SourceBans } from './source-bans.ts';
import { type Steps, settled } from './steps.ts';

/** What a client's life needs of the process. */
export interface ClientDeps {
  readonly certificates: ServerCertificates | null;
  readonly domains: readonly string[];
  readonly loginTimeoutMs: number;
  readonly serverConnectTimeoutMs: number;
  readonly tenants: TenantCache;
  readonly clientCounts: ClientCounts;
  readonly gate: LoginGate;
  readonly sourceBans: SourceBans;
  readonly roleSecrets: RoleSecrets;
  readonly mockSecret: Uint8Array;
  readonly registry: PoolRegistry;
  readonly runner: PoolRunner;
  readonly leases: LeaseKeeper;
  readonly cancelKeys: CancelKeys;
  readonly cancelRate: SourceRate;
  readonly cancelCounts: WordCounts;
  /** Clients that can be told what becomes of them, and are not served yet. */
  readonly loggingIn: Set<NegotiatedClient>;
  readonly directPairs: Set<DirectPair>;
  readonly policy: EgressPolicy;
  readonly log: Logger;
  readonly now: () => number;
  /** VALID UNTIL is a date, so this one clock is the wall's. */
  readonly wallNow: () => number;
  /** Counts an error of a client whose endpoint is not known yet. */
  countError(endpointId: string | null, code: string): void;
}

/** What a listener asks of its clients. */
export interface ListenerRules {
  /** Everything is pooled, whatever host is named. */
  readonly pooledOnly: boolean;
  /** Proxies in front, which must say who their client is; null: there are none. */
  readonly proxies: AddressRanges | null;
}

/** Never throws: whatever goes wrong ends this client alone. */
export function* handleClient(
  connection: Connection,
  listener: ListenerRules,
  deps: ClientDeps,
): Steps<void> {
  let negotiated: Negotiated;
  try {
    negotiated = yield* negotiate(connection, deps, listener.proxies);
  } catch (error) {
    // The client has been told, in a way that fits what it spoke.
    const known = asPoolerError(error);
    // One that was refused before its handshake had named its endpoint by then.
    const { endpoint } = known.data;
    report(known, typeof endpoint === 'string' ? endpoint : null, connection.remoteAddress, deps);
    return;
  }
  if (negotiated.kind === 'cancel') return yield* settled(cancel(negotiated, deps));
  const known: { endpointId: string | null } = { endpointId: null };
  deps.loggingIn.add(negotiated);
  try {
    yield* logIn(negotiated, listener.pooledOnly, deps, known);
  } catch (error) {
    // It has been told to go meanwhile.
    if (!deps.loggingIn.has(negotiated)) return;
    negotiated.channel.setDeadline(null);
    report(refuse(negotiated.connection, error), known.endpointId, negotiated.address, deps);
  } finally {
    deps.loggingIn.delete(negotiated);
  }
}

async function cancel(request: NegotiatedCancel, deps: ClientDeps): Promise<void> {
  request.channel.setDeadline(null);
  const outcome = deps.cancelRate.take(request.address) ? await deps.cancelKeys.cancel(request) : 'too-often';
  deps.cancelCounts.add(outcome);
  // The client waits for this end of file to know that its request has been passed on.
  endSoon(request.connection);
}

function* logIn(
  client: NegotiatedClient,
  pooledOnly: boolean,
  deps: ClientDeps,
  known: { endpointId: string | null },
): Steps<void> {
  const { channel, connection, tls } = client;
  const { parameters, minor } = client.startup;
  const servername = tls?.servername ?? null;
  const wish = wishOf(parameters, { servername, domains: deps.domains, pooledOnly });
  const { endpointId, pooled, role: user } = wish.endpoint;
  known.endpointId = endpointId;
  if (client.passed !== endpointId) {
    const wait = deps.gate.pass(endpointId, client.address, 'login');
    if (wait !== null) yield* settled(wait);
  }
  const { endpoint, lent } = yield* findCredential(deps.tenants, endpointId, user);
  const role = lent?.role ?? user;
  const startup = withoutEndpointGucs(wish.startupAs(role), endpoint);
  if (pooled && startup.replication !== 'no') {
    const host = hostOf(endpointId, false, domainAmong(deps.domains, endpoint.region));
    throw new PoolerError('REPLICATION_ON_POOLED', { host });
  }
  const admission = admit(endpoint, { tls, address: client.address }, deps.clientCounts);
  try {
    const credential = yield* provenBy(channel, { endpoint, role, tls, lent }, client.address, deps);
    const served = deps.registry.serve(endpoint);
    served.credentials.set(role, credential);
    if (pooled) {
      const leftover = channel.detach();
      serve({ connection, leftover, minor, served, role, startup, admission }, deps);
      return;
    }
    const direct = {
      connection,
      minor,
      served,
      role,
      startup,
      detach() {
        const leftover = channel.detach();
        deps.loggingIn.delete(client);
        return leftover;
      },
      whenGone: (listener: () => void) => channel.whenClosed(listener),
    };
    served.clientCloses.add(yield* settled(serveDirect(direct, deps, deps.directPairs)));
    admission.leave();
  } catch (error) {
    admission.leave();
    throw error;
  }
}

/** The domain of a region, as far as a pooler knows from those that it serves. */
function domainAmong(domains: readonly string[], region: string): string {
  return domains.find((domain) => domain.startsWith(`${region}.`)) ?? domains[0] ?? '';
}

const failedLogins: readonly string[] = ['PASSWORD_WRONG', 'ROLE_PASSWORD_EXPIRED'];

/** As authenticate, unless the source is banned; a wrong password counts towards that. */
function* provenBy(
  channel: FrameChannel,
  login: Login,
  address: string,
  deps: ClientDeps,
): Steps<ServerCredential> {
  const { sourceBans } = deps;
  const { endpointId } = login.endpoint;
  sourceBans.insist(endpointId, address, login.role);
  try {
    const credential = yield* authenticate(channel, login, deps);
    sourceBans.succeeded(endpointId, address, login.role);
    return credential;
  } catch (error) {
    if (error instanceof PoolerError && failedLogins.includes(error.code))
      sourceBans.failed(endpointId, address);
    throw error;
  }
}

function report(error: PoolerError, endpointId: string | null, address: string, deps: ClientDeps): void {
  deps.countError(endpointId, error.code);
  deps.log[error.logLevel](
    {
      code: error.code,
      ...(endpointId === null ? {} : { endpoint: endpointId }),
      client: address,
      ...error.data,
      ...(error.cause instanceof Error ? { err: error.cause } : {}),
    },
    `client refused: ${error.message}`,
  );
}
