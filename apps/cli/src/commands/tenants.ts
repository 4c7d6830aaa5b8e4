// `weir tenants`: tenants over the HTTP API.
import { allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson, tableOf } from '../command.ts';
import {
  creationHelp,
  creationOptions,
  endpointBodyOf,
  upstreamHelp,
  upstreamOptions,
} from './upstream-options.ts';

const idHint = 'weir tenants list shows their ids';

export const tenants = defineCommand({
  name: 'tenants',
  usage: 'tenants list | create | get ID | change ID | delete ID',
  summary: 'the tenants that the API knows',
  help: `
list
create --name NAME --url URL --ram-gb N   a tenant and its first endpoint
get ID
change ID [--name NAME] [--status active|suspended]
delete ID
${upstreamHelp}${creationHelp}
${apiHelp}`,
  actions: ['list', 'create', 'get', 'change', 'delete'],
  options: {
    ...apiOptions,
    ...upstreamOptions,
    ...creationOptions,
    name: { type: 'string' },
    status: { type: 'string' },
  },
  async run({ values, positionals }) {
    const [action = 'list', ...words] = positionals;
    const api = chooseApi(values);
    const { name, status, json } = values;
    switch (action) {
      case 'list': {
        const items = await allPages((query) => api.listTenants({ query }));
        if (json) return printJson(items);
        const rows = items.map((one) => [one.id, one.status, String(one.endpointCount), one.name]);
        return console.log(tableOf(['TENANT', 'STATUS', 'ENDPOINTS', 'NAME'], rows));
      }
      case 'create': {
        if (name === undefined) throw new CommandError('--name must be given', { exitCode: exitCodes.usage });
        const reply = await api.createTenant({ body: { name, ...endpointBodyOf(values) } });
        if (json) return printJson(reply);
        console.log(`tenant    ${reply.tenant.id}  ${reply.tenant.name}`);
        console.log(`endpoint  ${reply.endpoint.id}  budget ${reply.endpoint.budget} server connections`);
        console.log(`pooled    ${reply.connectionStrings.pooled}`);
        return console.log(`direct    ${reply.connectionStrings.direct}`);
      }
      case 'get': {
        const reply = await api.getTenant({
          params: { tenantId: onlyWord(words, 'a tenant by its id', idHint) },
        });
        if (json) return printJson(reply);
        console.log(`tenant    ${reply.id}  ${reply.status}  ${reply.name}`);
        for (const endpoint of reply.endpoints) {
          const { host, port, database } = endpoint.upstream;
          const upstream = `${host}:${port}/${database}`;
          console.log(
            `endpoint  ${endpoint.id}  ${endpoint.status}  ${endpoint.kind}  budget ${endpoint.budget}  ${upstream}`,
          );
        }
        return;
      }
      case 'change': {
        const id = onlyWord(words, 'a tenant by its id', idHint);
        if (name === undefined && status === undefined) {
          throw new CommandError('give --name or --status', { exitCode: exitCodes.usage });
        }
        const change = { ...(name !== undefined && { name }), ...(status !== undefined && { status }) };
        const reply = await api.changeTenant({ params: { tenantId: id }, body: change });
        if (json) return printJson(reply);
        return console.log(`tenant    ${reply.id}  ${reply.status}  ${reply.name}`);
      }
      case 'delete': {
        const id = onlyWord(words, 'a tenant by its id', idHint);
        await api.deleteTenant({ params: { tenantId: id } });
        return json ? printJson({ deleted: id }) : console.log(`deleted ${id}`);
      }
      default:
        throw new CommandError(`there is no "tenants ${action}"`, {
          exitCode: exitCodes.usage,
          hint: 'list, create, get, change or delete',
        });
    }
  },
});
