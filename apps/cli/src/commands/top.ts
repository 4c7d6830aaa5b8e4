// `weir top`: what goes on in endpoints, drawn anew every few seconds.
import { setTimeout as pause } from 'node:timers/promises';
import type { EndpointActivityReply } from '@weir/api-contract';
import { type Api, allPages } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { ApiProblem } from '../api/transport.ts';
import { CommandError, defineCommand, exitCodes, tableOf } from '../command.ts';
import { numberOption } from './upstream-options.ts';

// One request each: more would be a load of their own.
const endpointsMax = 50;

export const top = defineCommand({
  name: 'top',
  usage: 'top [ENDPOINT…] [--every SECONDS] [--once]',
  summary: 'clients, waiters and server connections, live',
  help: `
Without ENDPOINT all are shown, at most ${endpointsMax}. --every 2 is the default; --once prints one table and ends. --json prints
one line for each endpoint and look. TX/S is reckoned between two looks.
${apiHelp}`,
  options: { ...apiOptions, every: { type: 'string' }, once: { type: 'boolean' } },
  async run({ values, positionals }) {
    const everyMs = numberOption('every', values.every ?? '2') * 1000;
    if (everyMs < 200) throw new CommandError('--every must be at least 0.2', { exitCode: exitCodes.usage });
    const api = chooseApi(values);
    let before = new Map<string, EndpointActivityReply>();
    for (;;) {
      // Asked anew each time, since endpoints come and go.
      const ids = positionals.length > 0 ? positionals : await allEndpoints(api);
      const looks = await Promise.all(
        ids.slice(0, endpointsMax).map((id) => look(api, id, positionals.length > 0)),
      );
      const now = looks.filter((one) => one !== null);
      if (values.json) for (const one of now) console.log(JSON.stringify(one));
      else {
        const table = activityTable(now, before);
        const left = ids.length - endpointsMax;
        const note = left > 0 ? `\n${left} more; name those you want` : '';
        // Cleared only where somebody watches.
        process.stdout.write(
          `${process.stdout.isTTY && !values.once ? '\x1b[H\x1b[2J' : ''}${table}${note}\n`,
        );
      }
      if (values.once) return;
      before = new Map(now.map((one) => [one.endpointId, one]));
      await pause(everyMs);
    }
  },
});

async function allEndpoints(api: Api): Promise<string[]> {
  const ids: string[] = [];
  for (const tenant of await allPages((query) => api.listTenants({ query }))) {
    if (ids.length > endpointsMax) break;
    const params = { tenantId: tenant.id };
    const endpoints = await allPages((query) => api.listEndpoints({ params, query }));
    ids.push(...endpoints.map((endpoint) => endpoint.id));
  }
  return ids;
}

/** Null for one that was deleted since it was listed. */
async function look(api: Api, id: string, named: boolean): Promise<EndpointActivityReply | null> {
  try {
    return await api.getActivity({ params: { endpointId: id } });
  } catch (error) {
    if (!named && error instanceof ApiProblem && error.exitCode === exitCodes.notFound) return null;
    throw error;
  }
}

/** The busiest first; rates are reckoned against the look before. */
export function activityTable(
  now: readonly EndpointActivityReply[],
  before: ReadonlyMap<string, EndpointActivityReply>,
): string {
  const busy = ({ totals }: EndpointActivityReply) => totals.clientsWaiting * 1e6 + totals.clientsActive;
  const rows = [...now]
    .sort((one, other) => busy(other) - busy(one) || (one.endpointId < other.endpointId ? -1 : 1))
    .map((one) => {
      const { totals } = one;
      return [
        one.endpointId,
        String(totals.clientsActive),
        String(totals.clientsIdle),
        String(totals.clientsWaiting),
        `${one.serversOpen}/${one.budget}`,
        String(totals.serversActive),
        String(totals.serversIdle),
        String(totals.serversDirect),
        String(totals.serversPinned),
        rate(one, before.get(one.endpointId)),
      ];
    });
  const headings = [
    'ENDPOINT',
    'ACTIVE',
    'IDLE',
    'WAITING',
    'SERVERS',
    'BUSY',
    'FREE',
    'DIRECT',
    'PINNED',
    'TX/S',
  ];
  return tableOf(headings, rows);
}

function rate(now: EndpointActivityReply, before: EndpointActivityReply | undefined): string {
  if (before === undefined) return '-';
  const elapsedMs = Date.parse(now.at) - Date.parse(before.at);
  const transactions = now.totals.transactionsTotal - before.totals.transactionsTotal;
  // A pooler that was restarted counts from zero again.
  if (elapsedMs <= 0 || transactions < 0) return '-';
  return ((transactions * 1000) / elapsedMs).toFixed(1);
}
