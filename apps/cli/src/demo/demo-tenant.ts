// The demo tenant over the REST API, as any customer would make it; made once, then found again.
import type { CreateTenantInput, EndpointReply } from '@weir/api-contract';
import { type Api, allPages } from '../api/api.ts';
import { ApiProblem } from '../api/transport.ts';
import { demoAuthQuery, demoDatabase, demoRole } from './demo-database.ts';

export interface DemoUpstream {
  readonly host: string;
  readonly port: number;
  readonly password: string;
  readonly tlsMode: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  readonly caPem: string | null;
  /** The password may differ from the one the tenant was made with. */
  readonly passwordIsNew?: boolean;
}

const demoName = 'demo';
// Of the imagined machine: 1 GiB is a budget of 112 before the reserve, and the demo server allows 100 connections.
const demoRamGb = 1;

/** The demo tenant's endpoint, made unless it is there, and leading to `upstream` from now on. */
export async function ensureDemoTenant(
  api: Api,
  upstream: DemoUpstream,
  knownEndpointId: string | null,
): Promise<EndpointReply> {
  const found = (await knownEndpoint(api, knownEndpointId)) ?? (await endpointByName(api));
  const address = {
    host: upstream.host,
    port: upstream.port,
    tlsMode: upstream.tlsMode,
    caPem: upstream.caPem,
  };
  if (found === null) {
    const body: CreateTenantInput = {
      name: demoName,
      upstream: { ...address, database: demoDatabase, user: demoRole, password: upstream.password },
      computeRamGb: demoRamGb,
      authQuery: demoAuthQuery,
    };
    return (await api.createTenant({ body })).endpoint;
  }
  const { host, port, tlsMode, caPem } = found.upstream;
  const same =
    !upstream.passwordIsNew &&
    host === address.host &&
    port === address.port &&
    tlsMode === address.tlsMode &&
    caPem === address.caPem;
  if (same) return found;
  const body = { upstream: { ...address, password: upstream.password } };
  return await api.changeEndpoint({ params: { endpointId: found.id }, body });
}

async function knownEndpoint(api: Api, endpointId: string | null): Promise<EndpointReply | null> {
  if (endpointId === null) return null;
  try {
    return await api.getEndpoint({ params: { endpointId } });
  } catch (error) {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}

async function endpointByName(api: Api): Promise<EndpointReply | null> {
  const tenant = (await allPages((query) => api.listTenants({ query }))).find(
    (candidate) => candidate.name === demoName,
  );
  if (tenant === undefined) return null;
  const { endpoints } = await api.getTenant({ params: { tenantId: tenant.id } });
  return endpoints[0] ?? null;
}
