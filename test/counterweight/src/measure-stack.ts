// One stack measured: a Weir of its own in front of a Postgres of its own, the application, and the figures before and after.
import { type Postgres, startWeir, type Weir, waitUntil } from '@weir/harness';
import { addedTo, poolerFigures } from './metrics.ts';
import { type Running, runProgram } from './run-program.ts';
import type { Measured, Program } from './stack.ts';
import { suspectsIn } from './suspects.ts';
import { unpinnedShare } from './unpinned-share.ts';

export interface Load {
  readonly clients: number;
  /** Most shared server connections of the pool. */
  readonly poolSize: number;
  readonly seconds: number;
  /** Between two calls of a client, on average. */
  readonly pauseMs: number;
}

// A machine that many share may take minutes to open its clients.
const limitSeconds = 400;
const sampleMs = 200;

/** Runs the stack once under `load`. Rejects when the application ends without an outcome. */
export async function measureStack(stack: string, program: Program, load: Load): Promise<Measured> {
  await using weir = await startWeir({
    // The statements are logged, so that whatever gets a server connection of its own can be named.
    postgres: { settings: { log_statement: 'all' } },
    settings: { poolSize: load.poolSize },
  });
  const log = keepLog(weir.postgres);
  const figures = async () => poolerFigures(await weir.pooler.metrics(), weir.endpoint.id);
  await forgetServers(weir, figures);
  const before = await figures();
  const running = runProgram(program, environment(weir, program, load), limitSeconds);
  await running.ready;
  log.look();
  const startedAt = performance.now();
  const samples = await sampleUntil(running, weir, figures);
  const outcome = await running.outcome;
  const seconds = (performance.now() - startedAt) / 1000;
  await running.ended;
  const after = await figures();
  const pins = addedTo(before.pins, after.pins);
  const refused = Object.entries(addedTo(before.errors, after.errors));
  return {
    stack,
    client: outcome.client,
    postgres: weir.postgres.version,
    clients: Math.min(...samples.map((one) => one.clients)),
    servers: Math.max(...samples.map((one) => one.servers)),
    transactions: after.transactions - before.transactions,
    seconds,
    waitMs: ((after.waitSeconds - before.waitSeconds) * 1000) / (after.checkouts - before.checkouts),
    unpinnedShare: unpinnedShare(before, after),
    pins,
    roundsLeast: outcome.roundsLeast,
    errors: {
      ...outcome.errors,
      ...Object.fromEntries(refused.map(([code, count]) => [`the pooler gave ${code}`, count])),
    },
    suspects: Object.keys(pins).length === 0 ? [] : await suspectsOf(log.look()),
  };
}

/** Ends what the harness's own first client left behind: a stack with other startup settings has a pool of its own beside it. */
async function forgetServers(weir: Weir, figures: () => Promise<{ servers: number }>): Promise<void> {
  await weir.postgres.sql(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'`);
  const gone = async () => (await figures()).servers === 0;
  await waitUntil(gone, { what: 'no server connection is left from before' });
}

async function suspectsOf(log: string): Promise<readonly string[]> {
  const suspects = await suspectsIn(log);
  // A guess would be worse.
  return suspects.length > 0 ? suspects : ['no such statement in what is left of the log: try fewer clients'];
}

function environment(weir: Weir, program: Program, load: Load): Record<string, string> {
  const url = weir.pooledUrl({ by: 'host' });
  return {
    WEIR_URL: program.urlOf?.(url) ?? url,
    WEIR_CA: weir.caFile,
    WEIR_CLIENTS: String(load.clients),
    WEIR_SECONDS: String(load.seconds),
    WEIR_PAUSE_MS: String(load.pauseMs),
    // Each client trusts the test's authority as it trusts the public ones, and finds the host without DNS.
    NODE_EXTRA_CA_CERTS: weir.caFile,
    PGHOSTADDR: '127.0.0.1',
  };
}

interface Sample {
  readonly clients: number;
  readonly servers: number;
}

/** Looks at clients and server connections until the application has its outcome; at least once. */
async function sampleUntil(
  running: Running,
  weir: Weir,
  figures: () => Promise<{ clients: number; servers: number }>,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  let over = false;
  const end = running.outcome.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  while (!over) {
    const { clients, servers } = await figures();
    const [{ backends } = { backends: 0 }] = await weir.postgres.sql<{ backends: number }>(
      `select count(*)::int as backends from pg_stat_activity where usename = 'app'`,
    );
    // What was read while the application was closing its clients says nothing of the time before.
    if (over) break;
    samples.push({ clients, servers: Math.max(servers, backends) });
    await Promise.race([end, new Promise((resolve) => setTimeout(resolve, sampleMs))]);
  }
  if (samples.length === 0) throw new Error('the application was over before anything could be measured');
  return samples;
}

/** The server keeps only the end of its log; what pins does so when a client connects or in its first rounds. */
function keepLog(postgres: Postgres): { look(): string } {
  let kept = '';
  return {
    look() {
      kept += postgres.log();
      return kept;
    },
  };
}
