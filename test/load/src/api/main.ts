// `pnpm bench:api`: how fast the API is with ten thousand tenants, and what a pooler does that starts among them.
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type ControlPlane, startControlPlane } from '../control-plane.ts';
import { describeMachine } from '../machine.ts';
import { type FreshStart, startFresh } from './fresh-pooler.ts';
import { type ApiReport, missed, writeApiReport } from './report.ts';
import { timeRequests } from './requests.ts';
import { createTenants, type Made } from './tenants.ts';

const usage = `usage: pnpm bench:api [options]
  --tenants N     how many there are (default 10000)
  --requests N    of each kind (default 400)
  --starts N      poolers started with one tenant, and with all (default 5)
  --out FILE      write the tables as Markdown, for instance docs/api-benchmark.md
It ends with 1 if a goal was missed.
`;

interface Options {
  readonly tenants: number;
  readonly requests: number;
  readonly starts: number;
  readonly outFile: string | null;
}

function readOptions(): Options | null {
  const { values } = parseArgs({
    args: process.argv.slice(2).filter((word) => word !== '--'),
    options: {
      tenants: { type: 'string', default: '10000' },
      requests: { type: 'string', default: '400' },
      starts: { type: 'string', default: '5' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return null;
  const number = (name: 'tenants' | 'requests' | 'starts') => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new Error(`--${name} takes a whole number above zero, not ${values[name]}`);
    return value;
  };
  return {
    tenants: number('tenants'),
    requests: number('requests'),
    starts: number('starts'),
    outFile: values.out ?? null,
  };
}

async function startSome(
  plane: ControlPlane,
  count: number,
  tenants: readonly Made[],
): Promise<FreshStart[]> {
  const starts: FreshStart[] = [];
  for (let i = 0; i < count; i++) {
    starts.push(await startFresh(plane, tenants[Math.floor(Math.random() * tenants.length)]!));
  }
  return starts;
}

async function measure(options: Options): Promise<ApiReport> {
  const machine = describeMachine();
  const plane = await startControlPlane();
  try {
    const first = await createTenants(plane, 0, 1, say);
    await using pooler = await plane.startPooler();
    say('poolers that start with one tenant');
    const withOne = await startSome(plane, options.starts, first);
    say(`making ${options.tenants} tenants`);
    const startedAt = performance.now();
    const made = [...first, ...(await createTenants(plane, 1, options.tenants, say))];
    const fillSeconds = (performance.now() - startedAt) / 1000;
    const timed = await timeRequests(plane, made, options.requests, pooler, say);
    say('poolers that start with all tenants');
    const withAll = await startSome(plane, options.starts, made);
    return {
      command: ['pnpm bench:api', ...process.argv.slice(2).filter((word) => word !== '--')].join(' '),
      date: new Date().toISOString().slice(0, 10),
      machine,
      loadAtEnd: loadavg()[0]!,
      tenants: options.tenants,
      fillSeconds,
      timed,
      withOne,
      withAll,
    };
  } finally {
    await plane.close();
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const options = readOptions();
if (options === null) process.stdout.write(usage);
else {
  const report = await measure(options);
  const text = writeApiReport(report);
  process.stdout.write(`\n${text}`);
  if (options.outFile !== null) writeFileSync(options.outFile, text);
  if (missed(report).length > 0) process.exitCode = 1;
}
