// The tenants of a storm: each with a role, an address and a budget of its own, all in one database.
import type { CreateTenantReply } from '@weir/api-contract';
import type { ControlApi, Postgres } from '@weir/harness';
import { hostOf } from '@weir/tenancy';

export interface StormTenant {
  readonly role: string;
  readonly budget: number;
  /** Of its pooled host. */
  readonly servername: string;
}

export interface TenantsPlace {
  readonly controlApi: ControlApi;
  readonly postgres: Postgres;
  readonly database: string;
  /** Where the poolers reach the database, at each tenant's own address. */
  readonly port: number;
  readonly domain: string;
  readonly password: string;
}

/** By the address an upstream is told from another: budgets are the tenants' own though the server is one. */
export function addressOf(tenant: number): string {
  return `127.0.${1 + Math.floor(tenant / 200)}.${1 + (tenant % 200)}`;
}

/** Long enough for what clients ask, and short enough for a storm. */
const settings = {
  queryWaitTimeoutMs: 6_000,
  queryTimeoutMs: 6_000,
  idleInTransactionTimeoutMs: 6_000,
  serverIdleTimeoutMs: 20_000,
};

/** From a question to its answer or an error: waiting, running, 5 s after which a query that cannot be cancelled is ended, and some time for a busy machine. */
export const deadlineMs = settings.queryWaitTimeoutMs + settings.queryTimeoutMs + 5_000 + 3_000;

/** `budgets` has one for each. */
export async function createTenants(place: TenantsPlace, budgets: readonly number[]): Promise<StormTenant[]> {
  const { postgres, database } = place;
  const roles = budgets.map((_, number) => `t_${number}`);
  await postgres.sql('create role storm_tenant');
  for (const role of roles) await postgres.createRole(role, place.password, 'in role storm_tenant');
  const made: StormTenant[] = [];
  // Some at a time: each is tried out before it is acknowledged.
  const numbers = [...budgets.keys()];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
        const { endpoint } = await place.controlApi.call<CreateTenantReply>('POST', '/v1/tenants', {
          name: `storm ${number}`,
          upstream: {
            ...{ host: addressOf(number), port: place.port, database },
            ...{ user: postgres.user, password: postgres.password, tlsMode: 'disable' },
          },
          computeRamGb: 64,
          sizing: { cap: budgets[number]!, reserve: 0 },
          settings,
        });
        made[number] = {
          role: roles[number]!,
          budget: budgets[number]!,
          servername: hostOf(endpoint.id, true, place.domain),
        };
      }
    }),
  );
  return made;
}
