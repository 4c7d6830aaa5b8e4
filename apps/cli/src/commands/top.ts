// `weir top`: what goes on in endpoints, drawn anew every few seconds.
import { setTimeout as pause } from 'node:timers/promises';
import type { EndpointActivityReply } from '@weir/api-contract';
import { type Api, allPages, apiAt } from '../api/api.ts';
import { apiHelp, apiOptions, chooseAccess } from '../api/choose-api.ts';
import { ActivityFollower, isForGood } from '../api/follow-activity.ts';
import { ApiProblem } from '../api/transport.ts';
import { watchActivity } from '../api/watch-activity.ts';
import { CommandError, defineCommand, exitCodes, tableOf } from '../command.ts';
import { numberOption } from './upstream-options.ts';

// One stream each: more a key may not have.
const endpointsMax = 50;
// Endpoints come and go.
const listEveryMs = 10_000;

export const top = defineCommand({
  name: 'top',
  usage: 'top [ENDPOINT…] [--every SECONDS] [--once]',
  summary: 'clients, waiters and server connections, live',
  help: `
Without ENDPOINT all are shown, at most ${endpointsMax}. --every 2 is the default; --once prints one table and ends. --json prints
one line for each endpoint and look at which there is news. TX/S is reckoned between two looks. What goes on comes as events,
each second, and is asked for where no events come through; an API that is away is waited for.
${apiHelp}`,
  options: { ...apiOptions, every: { type: 'string' }, once: { type: 'boolean' } },
  async run({ values, positionals }) {
    const everyMs = numberOption('every', values.every ?? '2') * 1000;
    if (everyMs < 200) throw new CommandError('--every must be at least 0.2', { exitCode: exitCodes.usage });
    const { url, key } = chooseAccess(values);
    const api = apiAt(url, key);
    const print = (looks: readonly Look[], notes: readonly string[]) => {
      if (values.json) {
        for (const { now, isNews } of looks) if (isNews) console.log(JSON.stringify(now));
        return;
      }
      // Cleared only where somebody watches.
      const clear = process.stdout.isTTY && !values.once ? '\x1b[H\x1b[2J' : '';
      process.stdout.write(`${clear}${[activityTable(looks), ...notes].join('\n')}\n`);
    };
    const isNamed = positionals.length > 0;
    const ids = isNamed ? positionals : await allEndpoints(api);
    if (values.once) {
      const asked = await Promise.all(ids.slice(0, endpointsMax).map((id) => look(api, id, isNamed)));
      const looks = asked.flatMap((now) => (now === null ? [] : nextLook(undefined, now)));
      return print(looks, leftOut(ids));
    }
    await watch({ api, key, ids, isNamed, everyMs, print });
  },
});

interface Look {
  readonly now: EndpointActivityReply;
  /** What was heard before that; undefined: nothing. */
  readonly before: EndpointActivityReply | undefined;
  /** It was not shown yet. */
  readonly isNews: boolean;
}

/** Whoever looks more often than there is news goes on to see the rate of before. */
export function nextLook(shown: Look | undefined, now: EndpointActivityReply): Look {
  if (shown?.now.at === now.at) return { ...shown, isNews: false };
  return { now, before: shown?.now, isNews: true };
}

/** Until the process is ended, or something is wrong that will not pass. */
async function watch(options: {
  readonly api: Api;
  readonly key: string;
  readonly ids: readonly string[];
  /** They were asked for by their names; else they are all that there are, and are listed again now and then. */
  readonly isNamed: boolean;
  readonly everyMs: number;
  readonly print: (looks: readonly Look[], notes: readonly string[]) => void;
}): Promise<never> {
  const { api, key, isNamed, everyMs, print } = options;
  const follower = new ActivityFollower({
    watch: (id, signal, hear) => watchActivity({ url: api.url, key }, id, signal, hear),
    ask: (id) => api.getActivity({ params: { endpointId: id } }),
  });
  let { ids } = options;
  let listedMs = performance.now();
  let shown = new Map<string, Look>();
  for (let isFirst = true; ; isFirst = false) {
    let listing: CommandError | null = null;
    if (!isNamed && performance.now() - listedMs >= listEveryMs) {
      listedMs = performance.now();
      try {
        ids = await allEndpoints(api);
      } catch (error) {
        if (!(error instanceof CommandError) || isForGood(error)) throw error;
        listing = error;
      }
    }
    await follower.follow(ids.slice(0, endpointsMax));
    const troubles = follower.troubles();
    // One that was deleted since it was listed is gone at the next listing, unless it was asked for by its name.
    for (const trouble of troubles.values()) {
      const isGone = trouble.exitCode === exitCodes.notFound && !isNamed;
      if ((isFirst || isForGood(trouble)) && !isGone) throw trouble;
    }
    const looks = follower.latest().map((now) => nextLook(shown.get(now.endpointId), now));
    const away = [listing, ...troubles.values()].find(
      (trouble) => trouble !== null && trouble.exitCode !== exitCodes.notFound,
    );
    const note = away ? [`${away.message}; trying again, and above is what was heard last`] : [];
    print(looks, [...leftOut(ids), ...note]);
    shown = new Map(looks.map((one) => [one.now.endpointId, one]));
    await pause(everyMs);
  }
}

function leftOut(ids: readonly string[]): readonly string[] {
  const left = ids.length - endpointsMax;
  return left > 0 ? [`${left} more; name those you want`] : [];
}

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
async function look(api: Api, id: string, isNamed: boolean): Promise<EndpointActivityReply | null> {
  try {
    return await api.getActivity({ params: { endpointId: id } });
  } catch (error) {
    if (!isNamed && error instanceof ApiProblem && error.exitCode === exitCodes.notFound) return null;
    throw error;
  }
}

/** The busiest first; rates are reckoned against the look before. */
export function activityTable(looks: readonly Pick<Look, 'now' | 'before'>[]): string {
  const busy = ({ totals }: EndpointActivityReply) => totals.clientsWaiting * 1e6 + totals.clientsActive;
  const rows = [...looks]
    .sort(
      ({ now: one }, { now: other }) =>
        busy(other) - busy(one) || (one.endpointId < other.endpointId ? -1 : 1),
    )
    .map(({ now: one, before }) => {
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
        rate(one, before),
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
