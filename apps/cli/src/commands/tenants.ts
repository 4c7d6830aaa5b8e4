// `weir tenants`: tenants over the HTTP API.
import { readFileSync } from 'node:fs';
import {
  apiPaths,
  type CreateTenantInput,
  type CreateTenantReply,
  type GetTenantReply,
  type TenantPageReply,
  type TenantReply,
} from '@weir/api-contract';
import { type ApiClient, apiFrom, apiHelp, apiOptions } from '../api-client.ts';
import { type Command, CommandError, parseOptions } from '../command.ts';

const options = {
  ...apiOptions,
  name: { type: 'string' },
  url: { type: 'string' },
  'ram-gb': { type: 'string' },
  'tls-mode': { type: 'string' },
  ca: { type: 'string' },
} as const;

export const tenants: Command = {
  name: 'tenants',
  usage: 'tenants list | create | get ID | delete ID',
  summary: 'the tenants that the API knows',
  help: `
create --name NAME --url postgresql://user:password@host:port/database --ram-gb N
       [--tls-mode disable|require|verify-ca|verify-full] [--ca FILE]
${apiHelp}`,
  async run(args) {
    const { values, positionals } = parseOptions(args, options);
    const [action = 'list', id, ...more] = positionals;
    if (more.length > 0) throw new CommandError(`"${more[0]}" is one word too many`, { exitCode: 2 });
    const api = apiFrom(values);
    switch (action) {
      case 'list': {
        const items = await listTenants(api);
        if (values.json) return print(items);
        for (const tenant of items) {
          console.log(
            `${tenant.id}  ${tenant.status.padEnd(9)}  ${tenant.endpointCount} endpoint(s)  ${tenant.name}`,
          );
        }
        return;
      }
      case 'create': {
        const reply = await api.call<CreateTenantReply>('POST', apiPaths.tenants(), creation(values));
        if (values.json) return print(reply);
        console.log(`tenant    ${reply.tenant.id}  ${reply.tenant.name}`);
        console.log(`endpoint  ${reply.endpoint.id}  budget ${reply.endpoint.budget} server connections`);
        console.log(`pooled    ${reply.connectionStrings.pooled}`);
        console.log(`direct    ${reply.connectionStrings.direct}`);
        return;
      }
      case 'get': {
        const reply = await api.call<GetTenantReply>('GET', apiPaths.tenant(given(id)));
        if (values.json) return print(reply);
        console.log(`tenant    ${reply.id}  ${reply.status}  ${reply.name}`);
        for (const endpoint of reply.endpoints) {
          const { host, port, database } = endpoint.upstream;
          console.log(
            `endpoint  ${endpoint.id}  ${endpoint.status}  budget ${endpoint.budget}  ${host}:${port}/${database}`,
          );
        }
        return;
      }
      case 'delete': {
        await api.call('DELETE', apiPaths.tenant(given(id)));
        console.log(values.json ? JSON.stringify({ deleted: id }) : `deleted ${id}`);
        return;
      }
      default:
        throw new CommandError(`there is no "tenants ${action}"`, {
          exitCode: 2,
          hint: 'list, create, get or delete',
        });
    }
  },
};

/** Every tenant, page by page. */
export async function listTenants(api: ApiClient): Promise<TenantReply[]> {
  const items: TenantReply[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '?limit=200' : `?limit=200&cursor=${encodeURIComponent(cursor)}`;
    const page: TenantPageReply = await api.call<TenantPageReply>('GET', apiPaths.tenants() + query);
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

function creation(values: {
  name?: string;
  url?: string;
  'ram-gb'?: string;
  'tls-mode'?: string;
  ca?: string;
}): CreateTenantInput {
  const missing = (['name', 'url', 'ram-gb'] as const).filter((name) => values[name] === undefined);
  if (missing.length > 0) {
    throw new CommandError(`${missing.map((name) => `--${name}`).join(' and ')} must be given`, {
      exitCode: 2,
    });
  }
  return {
    name: values.name!,
    upstream: {
      ...upstreamOf(values.url!),
      ...(values['tls-mode'] !== undefined && { tlsMode: values['tls-mode'] as 'require' }),
      ...(values.ca !== undefined && { caPem: readFileSync(values.ca, 'utf8') }),
    },
    computeRamGb: Number(values['ram-gb']),
  };
}

/** The parts of a `postgresql://` URL, as the API takes them. Throws CommandError. */
export function upstreamOf(text: string): Omit<CreateTenantInput['upstream'], 'tlsMode' | 'caPem'> {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new CommandError('--url is not a URL', {
      exitCode: 2,
      hint: 'postgresql://user:password@host:5432/database',
      cause,
    });
  }
  return {
    // Brackets belong to the URL, not to the address.
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 5432 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
  };
}

function given(id: string | undefined): string {
  if (id === undefined)
    throw new CommandError('name a tenant by its id', { exitCode: 2, hint: 'weir tenants list shows them' });
  return id;
}

function print(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
