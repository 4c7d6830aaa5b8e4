// `weir endpoints`: the endpoints of a tenant over the HTTP API.
import type { EndpointReply } from '@weir/api-contract';
import { allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson, tableOf } from '../command.ts';
import {
  creationChoiceOf,
  creationHelp,
  creationOptions,
  endpointBodyOf,
  endpointChangeOf,
  upstreamHelp,
  upstreamOptions,
} from './upstream-options.ts';

const aTenant = ['a tenant by its id', 'weir tenants list shows their ids'] as const;
const anEndpoint = ['an endpoint by its id', 'weir endpoints list TENANT shows their ids'] as const;

export const endpoints = defineCommand({
  name: 'endpoints',
  usage: 'endpoints list TENANT | create TENANT | get ID | change ID | delete ID',
  summary: 'the endpoints of a tenant, and their settings',
  help: `
list TENANT [--kind KIND] [--region R] [--cell C]
create TENANT --url URL --ram-gb N [--kind KIND] [--region R]
get ID
change ID [--status active|suspended] [--url URL] [--ram-gb N] [--set NAME=VALUE]…
delete ID
A change ends no transaction.
${upstreamHelp}${creationHelp}
${apiHelp}`,
  actions: ['list', 'create', 'get', 'change', 'delete'],
  options: { ...apiOptions, ...upstreamOptions, ...creationOptions, status: { type: 'string' } },
  async run({ values, positionals }) {
    const [action, ...words] = positionals;
    const api = chooseApi(values);
    const { json } = values;
    const show = (endpoint: EndpointReply) => (json ? printJson(endpoint) : console.log(shown(endpoint)));
    switch (action) {
      case 'list': {
        const params = { tenantId: onlyWord(words, ...aTenant) };
        const only = creationChoiceOf(values);
        const items = await allPages((query) => api.listEndpoints({ params, query: { ...query, ...only } }));
        if (json) return printJson(items);
        const rows = items.map(({ id, status, kind, budget, health, upstream: { host, port, database } }) => {
          return [id, status, kind, String(budget), health.state, `${host}:${port}/${database}`];
        });
        return console.log(tableOf(['ENDPOINT', 'STATUS', 'KIND', 'BUDGET', 'HEALTH', 'POSTGRES'], rows));
      }
      case 'create': {
        const params = { tenantId: onlyWord(words, ...aTenant) };
        const reply = await api.createEndpoint({ params, body: endpointBodyOf(values) });
        if (json) return printJson(reply);
        console.log(`endpoint  ${reply.endpoint.id}  budget ${reply.endpoint.budget} server connections`);
        console.log(`pooled    ${reply.connectionStrings.pooled}`);
        return console.log(`direct    ${reply.connectionStrings.direct}`);
      }
      case 'get':
        return show(await api.getEndpoint({ params: { endpointId: onlyWord(words, ...anEndpoint) } }));
      case 'change': {
        const params = { endpointId: onlyWord(words, ...anEndpoint) };
        return show(await api.changeEndpoint({ params, body: endpointChangeOf(values) }));
      }
      case 'delete': {
        const id = onlyWord(words, ...anEndpoint);
        await api.deleteEndpoint({ params: { endpointId: id } });
        return json ? printJson({ deleted: id }) : console.log(`deleted ${id}`);
      }
      default:
        throw new CommandError(
          action === undefined ? 'say what to do' : `there is no "endpoints ${action}"`,
          {
            exitCode: exitCodes.usage,
            hint: 'list, create, get, change or delete',
          },
        );
    }
  },
});

function healthWords({ state, since, code, latencyMs, exceedsServer }: EndpointReply['health']): string {
  return [
    `${state}${since === null ? '' : ` since ${since}`}`,
    ...(code === null ? [] : [code]),
    ...(latencyMs === null ? [] : [`opens in ${latencyMs} ms`]),
    ...(exceedsServer ? ['the budget is more than the server allows'] : []),
  ].join(', ');
}

function shown(endpoint: EndpointReply): string {
  const { host, port, database, user, tlsMode, serverVersion } = endpoint.upstream;
  const settings = Object.entries(endpoint.settings).map(([name, value]) => [name, JSON.stringify(value)]);
  return [
    `endpoint  ${endpoint.id}  ${endpoint.status}  ${endpoint.kind}  generation ${endpoint.generation}`,
    `postgres  ${host}:${port}/${database} as ${user}, TLS ${tlsMode}, version ${serverVersion}`,
    `health    ${healthWords(endpoint.health)}`,
    `budget    ${endpoint.budget} server connections`,
    `place     region ${endpoint.region}, cell ${endpoint.cell}`,
    `pooled    ${endpoint.hosts.pooled}:${endpoint.hosts.port}`,
    `direct    ${endpoint.hosts.direct}:${endpoint.hosts.port}`,
    '',
    tableOf(['SETTING', 'VALUE'], settings),
  ].join('\n');
}
