// The service connections of this process, one for each endpoint that needs one: for passwords, and to look for others.
import type { EgressPolicy } from '@weir/net';
import type { PublishedEndpoint } from '@weir/tenancy';
import type { ServerCredential } from '../client/authenticate.ts';
import { ServiceConnection } from './service-connection.ts';

export interface ServiceConnectionsOptions {
  readonly policy: EgressPolicy;
  /** For one query, the login included. */
  readonly timeoutMs: number;
}

// Enough for the logins of one moment. It stands in the server's reserve, where those of all other processes want to stand, too.
const serviceIdleTimeoutMs = 250;

/** Service connections by endpoint. */
export class ServiceConnections {
  readonly #options: ServiceConnectionsOptions;
  readonly #connections = new Map<string, { endpoint: PublishedEndpoint; connection: ServiceConnection }>();

  constructor(options: ServiceConnectionsOptions) {
    this.#options = options;
  }

  /** As the service role. Its queries are refused where there is none. */
  of(endpoint: PublishedEndpoint): ServiceConnection {
    const { endpointId, serviceRole } = endpoint;
    const known = this.#connections.get(endpointId);
    if (known && sameService(known.endpoint, endpoint)) return known.connection;
    known?.connection.close();
    const credential =
      serviceRole === null ? null : { role: serviceRole.name, password: serviceRole.password };
    const connection = this.as(endpoint, credential);
    this.#connections.set(endpointId, { endpoint, connection });
    return connection;
  }

  /** As another role; whoever asks for it closes it. */
  as(endpoint: PublishedEndpoint, credential: ServerCredential | null): ServiceConnection {
    const { policy, timeoutMs } = this.#options;
    return new ServiceConnection({
      endpoint,
      credential,
      policy,
      timeoutMs,
      idleTimeoutMs: serviceIdleTimeoutMs,
    });
  }

  /** Closes that of an endpoint that was changed or deleted. */
  forget(endpointId: string): void {
    this.#connections.get(endpointId)?.connection.close();
    this.#connections.delete(endpointId);
  }

  close(): void {
    for (const { connection } of this.#connections.values()) connection.close();
    this.#connections.clear();
  }
}

function sameService(a: PublishedEndpoint, b: PublishedEndpoint): boolean {
  if (a.generation === b.generation) return true;
  const facts = ({ upstream, serviceRole, defaultDatabase }: PublishedEndpoint) =>
    JSON.stringify([upstream, serviceRole, defaultDatabase]);
  return facts(a) === facts(b);
}
