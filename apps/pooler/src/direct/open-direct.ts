// Opens the server connection of a direct client within its deadline: a slot first, and what is short of the server is waited out.
import type { Attempt } from '@weir/pooling';
import { ordersFor, settingsFor } from '@weir/tenancy';
import { asPoolerError, PoolerError } from '../errors.ts';
import { insistOpenRight } from '../leases/lease-keeper.ts';
import { endpointGucs } from '../server/endpoint-gucs.ts';
import { openFailure } from '../server/open-failure.ts';
import { type OpenedServer, openServer } from '../server/open-server.ts';
import type { DirectLogin, ServeDirectDeps } from './serve-direct.ts';

/** With its slot taken, which the caller gives back. Rejects with PoolerError, and then no slot is taken. */
export async function openDirect(login: DirectLogin, deps: ServeDirectDeps): Promise<OpenedServer> {
  const { upstream } = login.served;
  const { growth, outages } = deps.runner.dispatcher;
  const timeoutMs = settingsFor(
    login.served.endpoint.settings,
    login.role,
    login.startup.database,
  ).queryWaitTimeoutMs;
  const slots = new SlotWait(login, deps, timeoutMs);
  for (;;) {
    const attempt = await slots.take();
    try {
      const opened = await open(login, deps);
      outages.answered(upstream, attempt, deps.now());
      return opened;
    } catch (error) {
      const known = asPoolerError(error);
      const failure = openFailure(known);
      const nowMs = deps.now();
      outages.failed(upstream, attempt, failure, nowMs);
      growth.directGone(upstream, nowMs);
      outages.tell(upstream, attempt, nowMs);
      const isPatient = failure.kind !== 'refused' && !attempt.circuit.isLong(nowMs);
      if (!isPatient || nowMs >= slots.deadlineMs) throw known;
    }
  }
}

function open(login: DirectLogin, deps: ServeDirectDeps): Promise<OpenedServer> {
  const { served, role, startup } = login;
  return deps.runner.openForRole(served, role, (credential) =>
    openServer({
      endpointId: served.endpoint.endpointId,
      upstream: served.endpoint.upstream,
      database: startup.database,
      credential,
      startupParameters: new Map([
        ...startup.keyGucs,
        ...startup.replayGucs,
        ...endpointGucs(served.endpoint),
      ]),
      replication: startup.replication,
      policy: deps.policy,
      timeoutMs: deps.serverConnectTimeoutMs,
      beforeStartup: () => insistOpenRight(served.upstream, deps.now()),
    }),
  );
}

/** A direct client's place in line; it keeps its place over attempts that failed. */
class SlotWait {
  readonly deadlineMs: number;
  private readonly login: DirectLogin;
  private readonly deps: ServeDirectDeps;
  private readonly timeoutMs: number;
  private readonly sinceMs: number;
  private isGone = false;
  private leave: () => void = () => {};

  constructor(login: DirectLogin, deps: ServeDirectDeps, timeoutMs: number) {
    this.login = login;
    this.deps = deps;
    this.timeoutMs = timeoutMs;
    this.sinceMs = deps.now();
    this.deadlineMs = this.sinceMs + timeoutMs;
    login.whenGone(() => {
      this.isGone = true;
      this.leave();
    });
  }

  /** Resolves with the attempt that the slot is for. Rejects with PoolerError. */
  take(): Promise<Attempt> {
    const { deps, login } = this;
    const { served } = login;
    if (this.isGone) return Promise.reject(new PoolerError('CLIENT_GONE'));
    return new Promise((resolve, reject) => {
      const granted = (slot: boolean): void => {
        this.leave = () => {};
        if (slot) resolve(served.circuit.begin(deps.now()));
        else reject(this.refusal());
      };
      const withdraw = deps.runner.dispatcher.growth.queueForSlot(
        served.upstream,
        {
          sinceMs: this.sinceMs,
          deadlineMs: this.deadlineMs,
          client: null,
          notBeforeMs: this.sinceMs,
          isPaused: () => this.isPaused(),
          circuit: () => served.circuit,
          granted,
        },
        deps.now(),
      );
      this.leave = () => {
        withdraw();
        reject(new PoolerError('CLIENT_GONE'));
      };
    });
  }

  private isPaused(): boolean {
    const { served, role, startup } = this.login;
    return ordersFor(served.endpoint.orders, role, startup.database).paused;
  }

  private refusal(): PoolerError {
    const { endpoint, upstream, circuit } = this.login.served;
    const trouble = circuit.present;
    const { endpointId, tenantName } = endpoint;
    const seconds = Math.round(this.timeoutMs / 1000);
    if (this.isPaused()) return new PoolerError('POOL_PAUSED', { endpoint: endpointId, seconds });
    if (!upstream.hasOpenRight(this.deps.now())) return new PoolerError('LEASES_UNAVAILABLE', { seconds });
    if (trouble !== null && trouble.kind !== 'full') return asPoolerError(trouble.cause);
    if (trouble !== null || upstream.isAtCeiling)
      return new PoolerError('SERVER_FULL', { endpoint: endpointId, seconds });
    return new PoolerError(
      'BUDGET_EXHAUSTED',
      { tenant: tenantName, budget: upstream.budget, seconds },
      {
        detail: `${upstream.used} of ${upstream.budget} server connections are in use here; direct and pinned ones may hold ${upstream.heldMax}, and hold ${upstream.holding} everywhere.`,
      },
    );
  }
}
