// `weir pause`, `resume`, `reconnect`, `kill`, `drain`: orders for an endpoint's pools, waited for until every pooler has them.
import type { OrdersReachReply } from '@weir/api-contract';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson } from '../command.ts';

/** Poolers report once a second, and one that Redis lost for a moment has heard of it after two. */
const reachWaitMs = 10_000;

const scopeOptions = { ...apiOptions, role: { type: 'string' }, database: { type: 'string' } } as const;
const scopeHelp = `
--role ROLE, --database DATABASE   only these pools; left out: all of the endpoint
Waits until every pooler has it, for 10 s; then it says which have not, and ends with 1.
${apiHelp}`;

function poolCommand(name: 'pause' | 'resume' | 'reconnect' | 'kill', summary: string, help: string) {
  return defineCommand({
    name,
    usage: `${name} ENDPOINT`,
    summary,
    help: `\n${help}${scopeHelp}`,
    options: scopeOptions,
    async run({ values, positionals }) {
      const params = { endpointId: onlyWord(positionals, 'one endpoint') };
      const api = chooseApi(values);
      const { role = null, database = null } = values;
      const { generation } = await api[`${name}Pools`]({ params, body: { role, database } });
      const query = { generation, waitMs: reachWaitMs };
      return tellReach(await api.getOrders({ params, query }), values.json === true);
    },
  });
}

export const pause = poolCommand(
  'pause',
  'hold pools: transactions end, everybody else waits',
  `Server connections are closed as they come free. Clients wait within their deadline (queryWaitTimeoutMs).
Sessions with a server connection to themselves, and open direct connections, go on.`,
);

export const resume = poolCommand(
  'resume',
  'end a pause, or a drain',
  'Ends every pause within what is named; without --role and --database a drain too.',
);

export const reconnect = poolCommand(
  'reconnect',
  'replace server connections as they come free',
  'No transaction is cut. A connection that stays with one client goes with it.',
);

export const kill = poolCommand(
  'kill',
  'end all client and server connections now',
  `Whatever they are doing. A client that was in the middle of something reads 08007, others 57P01.
They may connect again at once: weir pause first, if they shall wait.`,
);

export const drain = defineCommand({
  name: 'drain',
  usage: 'drain ENDPOINT',
  summary: 'refuse new clients, and end those in no transaction one after the other',
  help: `
--over SECONDS   over how long clients are ended, 10 unless told otherwise
weir resume takes it back. Direct connections that are open go on.
${apiHelp}`,
  options: { ...apiOptions, over: { type: 'string' } },
  async run({ values, positionals }) {
    const params = { endpointId: onlyWord(positionals, 'one endpoint') };
    const api = chooseApi(values);
    const body = { overMs: secondsOf(values.over ?? '10') };
    const { generation } = await api.drainEndpoint({ params, body });
    const query = { generation, waitMs: reachWaitMs };
    return tellReach(await api.getOrders({ params, query }), values.json === true);
  },
});

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 3600)) {
    throw new CommandError(`--over ${text} is not a time`, {
      exitCode: exitCodes.usage,
      hint: 'a number of seconds from 0 to 3600',
    });
  }
  return Math.round(seconds * 1000);
}

/** What stands now, and who has not heard. */
function tellReach(reply: OrdersReachReply, json: boolean): number {
  if (json) printJson(reply);
  else {
    const { draining, pools } = reply.orders;
    for (const { role, database, pausedAt } of pools)
      if (pausedAt !== null)
        console.log(`paused    ${role ?? 'every role'} in ${database ?? 'every database'} since ${pausedAt}`);
    if (draining !== null) console.log(`draining  since ${draining.since}`);
    const done = reply.poolers.filter(({ state }) => state === 'done').length;
    console.log(`generation ${reply.generation}: done by ${done} of ${reply.poolers.length} poolers`);
    for (const { processId, state } of reply.poolers) {
      if (state === 'unused') console.log(`  ${processId} serves nobody of this endpoint`);
      if (state === 'behind') console.log(`  ${processId} has not done it yet`);
      if (state === 'silent') console.log(`  ${processId} has not reported for some seconds`);
    }
  }
  return reply.reached ? 0 : exitCodes.failed;
}
