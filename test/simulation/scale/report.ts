// What the simulation of scale found, as Markdown: the load, Redis measured and asked, waits, losses, and what follows.
import { type Figures, Group } from './figures.ts';
import type { CellResult } from './model-cell.ts';
import type { ScaleOptions } from './options.ts';
import type { RedisMeasurement } from './redis-cost.ts';
import type { ScaleResult } from './simulate.ts';
import { sizeNames } from './tenant-sizes.ts';

/** The first cell alone, in an installation of another shape. */
export interface Variant {
  readonly options: ScaleOptions;
  readonly calm: Figures;
}

export interface ReportInput {
  readonly date: string;
  readonly command: string;
  readonly options: ScaleOptions;
  readonly redis: RedisMeasurement;
  readonly result: ScaleResult;
  readonly variants: readonly Variant[];
}

/** Nothing that answers in turn should be busier than this, or the time for an answer rises with every burst. */
const redisBusyMost = 0.5;

const redisPurpose = ['wants (somebody waits)', 'news of opened and closed servers', 'renewals'] as const;

export function writeReport(input: ReportInput): string {
  const { result } = input;
  const [first] = result.cells;
  return `${[
    [
      '# Scale',
      '',
      `Written by \`pnpm sim:scale --out docs/scale.md\` on ${input.date}; run it to have your own figures.`,
    ],
    load(input),
    redisMeasured(input.redis),
    redisAsked(input),
    waits(result),
    budgets(result),
    variants(input),
    ...(first === undefined ? [] : [nodeLost(first), redisLost(first)]),
    conclusions(input),
  ]
    .filter((section) => section.length > 0)
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`;
}

function load({ command, options, result }: ReportInput): string[] {
  const { clients, tenants, cells, nodes, processes, zipf, thinkSeconds, lifetimeSeconds } = options;
  const { calm, present, awake } = result;
  return [
    '## What is simulated',
    '',
    `- \`${command}\`, seed ${options.seed}. ${whole(tenants)} tenants and ${whole(clients)} client connections, in ${cells} cells of ${nodes} nodes with ${processes} processes each, and a Redis for each cell. A balancer that knows nothing of tenants picks the process.`,
    '- Processes run the code that serves clients: the dispatcher with its growth and sweeps, upstreams, and leases with their timing; Redis runs the rule of leases. Modelled are clients, databases (which count their connections, so that a budget that is passed ends the run), the network, and the time that Redis takes, which was measured.',
    `- Sizes of tenants follow Zipf's law with exponent ${zipf}, at most 10 000 clients each. With exponent 1 each decade of ranks has as many clients, so that neither a few large tenants nor the many small ones decide alone. ${whole(present)} tenants have a client at all, and ${whole(awake)} of them are awake: of those with less than ten clients three in ten, of others eight in ten. Who is asleep keeps its connections and is silent.`,
    `- A client that is awake has a transaction each ${thinkSeconds} s and is replaced by a new one after ${lifetimeSeconds} s, on average, and its tenant a burst of ten times that for 5 s each minute: ${whole(calm.transactions / calm.seconds)} transactions and ${whole(calm.connects / calm.seconds)} connects a second. A transaction takes 4 ms in the middle and 65 ms in one of a hundred (log-normal). Databases have 0.125 to 16 GiB, larger tenants larger ones, and budgets by the usual sizing.`,
    `- ${options.warmUpSeconds} s pass before ${options.seconds} s are counted. What takes minutes does not happen in that time: servers that have been idle for 300 s are not closed, and pools that nobody uses are not forgotten.`,
  ];
}

function redisMeasured({ description, rows, cost }: RedisMeasurement): string[] {
  return [
    '## What one Redis was measured to do',
    '',
    `Redis ${description} on this machine, over loopback, with the real script and the real client. «CPU» is that of Redis's main thread for one request; what one core of its own could do is its reciprocal. The client shares the machine, so that the requests that were seen are less.`,
    '',
    ...table(
      [
        'holders of the upstream',
        'requests sent together',
        'CPU, µs',
        'a core could do, a second',
        'seen, a second',
        'bytes in',
        'bytes out',
      ],
      rows.map((row) => [
        String(row.holders),
        String(row.batch),
        row.cpuUs.toFixed(1),
        whole(1e6 / row.cpuUs),
        whole(row.requestsPerSecond),
        whole(row.bytesIn),
        whole(row.bytesOut),
      ]),
    ),
    '',
    `The simulation reckons with ${cost.requestUs.toFixed(1)} µs a request and ${cost.holderUs.toFixed(1)} µs for each holder of its upstream, and for a note ${cost.noteUs.toFixed(1)} µs and ${cost.subscriberUs.toFixed(2)} µs for each process, as all of them hear all notes of their Redis.`,
  ];
}

function redisAsked({ options, result, redis }: ReportInput): string[] {
  const { calm } = result;
  const { cells, nodes, processes, tenants } = options;
  const all = calm.requests / calm.seconds;
  const kinds = [calm.wants, calm.registrations, calm.requests - calm.wants - calm.registrations];
  const scopes = [
    ['one process', 1 / (cells * nodes * processes)],
    ['one cell, so one Redis', 1 / cells],
    ['a million tenants', 1e6 / tenants],
  ] as const;
  return [
    '## What Redis is asked',
    '',
    ...table(
      ['a second', ...scopes.map(([name]) => name)],
      [
        ['requests', ...scopes.map(([, part]) => whole(all * part))],
        ...redisPurpose.map((name, kind) => [
          `– ${name}`,
          ...scopes.map(([, part]) => whole((kinds[kind]! / calm.seconds) * part)),
        ]),
        ['notes', ...scopes.map(([, part]) => ((calm.notes / calm.seconds) * part).toFixed(1))],
        ['kB to Redis', ...scopes.map(([, part]) => whole((calm.bytesIn / calm.seconds / 1000) * part))],
        ['kB from Redis', ...scopes.map(([, part]) => whole((calm.bytesOut / calm.seconds / 1000) * part))],
        [
          'CPU of Redis, cores',
          ...scopes.map(([, part]) => ((calm.redisUs / calm.seconds / 1e6) * part).toFixed(3)),
        ],
      ],
    ),
    '',
    `${(calm.requests / calm.batches).toFixed(1)} requests go out together, and an upstream has ${(calm.holders / calm.requests).toFixed(1)} holders, on average over requests: ${(calm.redisUs / calm.requests).toFixed(1)} µs each. ${whole(calm.unanswered)} of ${whole(calm.requests)} were not answered within 0.9 s. Beside them Redis has what does not grow with tenants: a report of each process, cancel requests, bans, and what is published.${redis.cost.subscriberUs === 0 ? ' What a subscriber costs was too little to be measured.' : ''}`,
  ];
}

function waits({ calm }: ScaleResult): string[] {
  return [
    '## Waits by size of tenant',
    '',
    ...table(
      [
        'clients of the tenant',
        'tenants',
        'processes each',
        'clients for each server connection',
        'checkouts',
        'wait p50, ms',
        'p99',
        'max',
        'refused',
      ],
      sizeNames.flatMap((name, size) => {
        const group = calm.bySize.get(size);
        if (group === undefined) return [];
        return [[name, whole(group.tenants), each(group), ratio(group), ...waited(group)]];
      }),
    ),
    '',
    'A checkout that has to wait for more than a few ms waits for a server connection to be opened, which takes 4 to 14 ms here, after a round trip to Redis.',
  ];
}

function budgets({ calm }: ScaleResult): string[] {
  return [
    '## Small budgets',
    '',
    ...table(
      [
        'budget',
        'tenants',
        'processes each',
        'slots for each of them',
        'clients for each server connection',
        'checkouts',
        'wait p50, ms',
        'p99',
        'max',
        'refused',
        'servers opened for 1000 checkouts',
      ],
      [...calm.byBudget]
        .sort(([a], [b]) => a - b)
        .map(([budget, group]) => [
          String(budget),
          whole(group.tenants),
          each(group),
          (budget / Math.max(1, group.processes / group.tenants)).toFixed(1),
          ratio(group),
          ...waited(group),
          ((group.opened / Math.max(1, group.waits.count)) * 1000).toFixed(1),
        ]),
    ),
  ];
}

function variants({ variants: all }: ReportInput): string[] {
  return [
    '## Other shapes',
    '',
    'The first cell alone, with the same tenants and clients in all: in more and smaller cells, in fewer and larger ones, and with a balancer that sends the clients of one tenant to a part of its cell only.',
    '',
    ...table(
      [
        'cells',
        'processes of a cell',
        'processes of a tenant at most',
        'clients of the cell',
        'requests to its Redis a second',
        'CPU of Redis, cores',
        'not answered',
        'notes a second',
        'server connections',
        'servers opened a second',
        'wait p99 of budgets below 30, ms',
      ],
      all.map(({ options, calm }) => {
        const { cells, nodes, processes, spread, seconds } = options;
        const groups = [...calm.bySize.values()];
        const sum = (of: (group: Group) => number): number =>
          groups.reduce((all, group) => all + of(group), 0);
        const small = together(
          [...calm.byBudget].filter(([budget]) => budget < 30).map(([, group]) => group),
        );
        return [
          String(cells),
          `${nodes} × ${processes}`,
          spread === 0 ? 'all' : String(spread),
          whole(sum(({ clients }) => clients)),
          whole(calm.requests / seconds),
          (calm.redisUs / seconds / 1e6).toFixed(3),
          percent(calm.unanswered / calm.requests),
          (calm.notes / seconds).toFixed(1),
          whole(sum(({ servers }) => servers)),
          whole(sum(({ opened }) => opened) / seconds),
          ms(small.waits.quantile(0.99)),
        ];
      }),
    ),
    '',
    'Where requests are not answered rights to open run out: who waits asks again and again, and a Redis does nothing else any more. Waits in such a row are those of the few that were served.',
  ];
}

function nodeLost({ nodeLost: lost, clients }: CellResult): string[] {
  if (lost === null) return [];
  const { figures, reclaimMs } = lost;
  const reclaimed =
    lost.reclaimed === 0
      ? 'Nobody waited for any of them.'
      : `${whole(lost.reclaimed)} of them somebody waited for, and they were free again after ${seconds(reclaimMs.quantile(0.5))} in the middle and ${seconds(reclaimMs.max)} at most.`;
  const storm = Math.max(...figures.connectsAt.values());
  const group = together(figures.bySize.values());
  return [
    '## A lost node',
    '',
    'The machine of one node of the first cell is gone without a word, and its clients come again within 2 s, each with a transaction.',
    '',
    `- ${whole(lost.clientsHit)} of the cell's ${whole(clients)} clients were at that node, of ${whole(lost.tenantsHit)} tenants.`,
    `- At most ${whole(storm)} connects a second come to one of its neighbours.`,
    `- The lost processes were charged with ${whole(lost.slots)} slots. ${reclaimed} Slots that nobody waits for are left alone. Databases were looked at ${whole(figures.looks)} times.`,
    `- In these ${figures.seconds} s waits were ${ms(group.waits.quantile(0.5))} ms in the middle, ${ms(group.waits.quantile(0.99))} ms at p99 and ${ms(group.waits.max)} ms at most; ${whole(group.refused)} clients were refused.`,
  ];
}

function redisLost({ redisLost: lost }: CellResult): string[] {
  if (lost === null) return [];
  const { figures, waiting } = lost;
  const group = together(figures.bySize.values());
  const refused = [...figures.refusals].map(([cause, count]) => `${whole(count)} ${cause}`).join(', ');
  return [
    '## A lost Redis',
    '',
    'After that the Redis of the first cell is away for 3 s, and comes back with nothing in it.',
    '',
    `- Nothing is granted until all rights of before are over, 5.5 s later, and each database was looked at: ${whole(figures.looks)} looks, ${whole(Math.max(0, ...figures.looksAt.values()))} of them in the busiest second.`,
    `- It is asked ${whole(Math.max(...figures.requestsAt.values()))} times in the busiest second; ${whole(figures.unanswered)} of ${whole(figures.requests)} requests were not answered.`,
    `- In these ${figures.seconds} s waits were ${ms(group.waits.quantile(0.5))} ms in the middle, ${ms(group.waits.quantile(0.99))} ms at p99 and ${ms(group.waits.max)} ms at most: who has a server connection goes on, who needs another waits. Refused: ${refused === '' ? 'nobody' : refused}. At the end ${whole(waiting)} clients were waiting.`,
  ];
}

function conclusions({ options, result, redis, variants: all }: ReportInput): string[] {
  const { calm } = result;
  const cores = calm.redisUs / calm.seconds / 1e6;
  const busy = cores / options.cells;
  const renewals = 1 - (calm.wants + calm.registrations) / calm.requests;
  const heartbeats = options.nodes * options.processes;
  const needed = Math.max(1, Math.ceil(cores / redisBusyMost));
  const few = all.find((variant) => variant.options.spread === 1)?.calm;
  const lines = [
    `- Redis is the first wall. Leases of this load take ${cores.toFixed(2)} cores of Redis in all, and Redis runs scripts on one: with ${options.cells} cells each is ${percent(busy)} busy. To keep each below ${percent(redisBusyMost)}, ${needed} ${needed === 1 ? 'cell of this shape is' : 'cells of this shape are'} needed for ${whole(options.tenants)} tenants, or ${whole(options.tenants / needed)} tenants and ${whole(options.clients / needed)} clients a cell.`,
    `- ${percent(renewals)} of the requests are renewals: each process says once a second of each upstream at which it has something open that it is still there. So the load grows with tenants that have a server connection open, times the processes at which they have it, and hardly with transactions.`,
    `- A tenant with clients at every process costs the most for each request too, ${(redis.cost.requestUs + redis.cost.holderUs * heartbeats).toFixed(0)} µs with ${heartbeats} holders in place of ${(redis.cost.requestUs + redis.cost.holderUs).toFixed(0)} µs with one: more processes in a cell make both the number and the price of requests grow. More cells are better than larger ones.`,
  ];
  if (few !== undefined)
    lines.push(
      `- What to change first: have a tenant's clients come to few processes, by the name that they ask for in ClientHello. With one process for each tenant the first cell's Redis would be asked ${whole(few.requests / options.seconds)} times a second and be ${percent(few.redisUs / options.seconds / 1e6)} busy. Tenants that are too large for one process need more of them, which the model does not show: it gives a process as much CPU as it wants.`,
    );
  const looks = result.cells[0]?.redisLost?.figures.looksAt.values();
  if (looks !== undefined)
    lines.push(
      `- After a Redis that lost everything the processes of a cell look into ${whole(Math.max(0, ...looks))} databases within a second, each once: that is what they dial in the worst moment, and is to be spread before cells get larger.`,
    );
  lines.push(
    `- What to change then: one sign of life for each process and bucket in place of one for each upstream, so that a renewal says that nothing has changed at all of them. In place of ${whole((calm.requests * renewals) / calm.seconds / options.cells)} renewals a second a Redis would have ${heartbeats} to ${heartbeats * 64}, and what is left grows with what opens and closes.`,
  );
  return ['## What follows', '', ...lines];
}

function together(groups: Iterable<Group>): Group {
  const all = new Group();
  for (const group of groups) all.merge(group);
  return all;
}

function waited(group: Group): string[] {
  const { waits: histogram, refused } = group;
  return [
    whole(histogram.count),
    ms(histogram.quantile(0.5)),
    ms(histogram.quantile(0.99)),
    ms(histogram.max),
    whole(refused),
  ];
}

function each({ processes, tenants }: Group): string {
  return (processes / Math.max(1, tenants)).toFixed(1);
}

function ratio({ clients, servers }: Group): string {
  return (clients / Math.max(1, servers)).toFixed(1);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function whole(count: number): string {
  return Math.round(count)
    .toString()
    .replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ' ');
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(1) : whole(value);
}

function seconds(value: number): string {
  return `${(value / 1000).toFixed(1)} s`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
