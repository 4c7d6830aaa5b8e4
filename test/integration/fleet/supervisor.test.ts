// Pooler processes under a supervisor: they share a port, are replaced when they end or stand still, and roll without refusals.
import { connect } from 'node:net';
import { type Pooler, startWeir, type Weir, waitUntil } from '@weir/harness';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const processes = 2;
const transports = ['auto', 'node'];

let weir: Weir;
beforeAll(async () => {
  weir = await startWeir({
    budget: 20,
    poolers: transports.length,
    eachPooler: transports.map((transport) => ({
      runtime: 'node',
      env: { WEIR_PROCESSES: String(processes), WEIR_TRANSPORT: transport },
    })),
  });
}, 180_000);
afterAll(() => weir?.close());

interface Member {
  readonly place: string;
  readonly process: string;
  readonly pid: number;
  readonly state: string;
}

async function membersOf(pooler: Pooler): Promise<Member[]> {
  const reply = await fetch(`${pooler.adminUrl}/readyz`);
  return ((await reply.json()) as { detail: { processes: Member[] } }).detail.processes;
}

/** Resolves once all are ready and none of them is one of `before`. */
function replaced(pooler: Pooler, before: readonly Member[]): Promise<Member[]> {
  return waitUntil(
    async () => {
      const now = await membersOf(pooler);
      const fresh = now.every(
        ({ pid, state }) => state === 'ready' && !before.some((one) => one.pid === pid),
      );
      return now.length === processes && fresh ? now : null;
    },
    { what: 'processes are replaced', timeoutMs: 60_000 },
  );
}

/** Clients that connect, ask once and leave, until stopped. */
function churn(pooler: number) {
  let stopped = false;
  let served = 0;
  const errors: string[] = [];
  const loops = Array.from({ length: 4 }, async () => {
    while (!stopped) {
      try {
        const client = await weir.client({ pooler });
        await client.query('select 1');
        await client.end();
        served++;
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        errors.push(code ?? message);
      }
    }
  });
  return {
    served: () => served,
    /** What went wrong, by SQLSTATE or code. */
    async stop(): Promise<string[]> {
      stopped = true;
      await Promise.all(loops);
      return errors;
    },
  };
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

function restarts(metrics: string, reason: string): number {
  return Number(
    new RegExp(`weir_process_restarts_total\\{reason="${reason}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0,
  );
}

describe.each(transports.map((transport, index) => ({ transport, index })))(
  'a supervisor over the transport $transport',
  { timeout: 180_000 },
  ({ index }) => {
    test('its processes serve one port, each under its own name, and one scrape has them all', async () => {
      const pooler = weir.poolers[index]!;
      const members = await membersOf(pooler);
      expect(members.map(({ place, state }) => [place, state])).toEqual([
        ['0', 'ready'],
        ['1', 'ready'],
      ]);
      expect(new Set(members.map(({ process }) => process)).size).toBe(processes);
      const transactions = async () =>
        ['0', '1'].map((place) => {
          const sample = new RegExp(`weir_transactions_total\\{process="${place}"[^}]*\\} (\\d+)`);
          return Number(sample.exec(metrics)?.[1] ?? 0);
        });
      let metrics = '';
      const clients = churn(index);
      await waitUntil(
        async () => {
          metrics = await pooler.metrics();
          return (await transactions()).every((count) => count > 0);
        },
        { what: 'both processes serve' },
      );
      expect(await clients.stop()).toEqual([]);
      expect(metrics).toMatch(/^weir_processes\{state="ready"\} 2$/m);
      expect(metrics.match(/^# TYPE weir_clients gauge$/gm)).toHaveLength(1);
    });

    test('a process that is killed is replaced, and nobody is refused meanwhile', async () => {
      const pooler = weir.poolers[index]!;
      const [victim] = await membersOf(pooler);
      const before = restarts(await pooler.metrics(), 'ended');
      const clients = churn(index);
      await waitUntil(() => clients.served() > 20, { what: 'clients are served' });
      process.kill(victim!.pid, 'SIGKILL');
      await replaced(pooler, [victim!]);
      const served = clients.served();
      await waitUntil(() => clients.served() > served + 20, { what: 'clients are served again' });
      const errors = await clients.stop();
      // Its own clients were cut off; whoever waited or came later was not.
      expect(errors.filter((error) => error === 'ECONNREFUSED')).toEqual([]);
      expect(errors.length).toBeLessThanOrEqual(4);
      expect(restarts(await pooler.metrics(), 'ended')).toBe(before + 1);
    });

    test('a process that stands still is killed after three seconds and replaced', async () => {
      const pooler = weir.poolers[index]!;
      const [victim] = await membersOf(pooler);
      process.kill(victim!.pid, 'SIGSTOP');
      const stoppedAt = performance.now();
      await replaced(pooler, [victim!]);
      expect(performance.now() - stoppedAt).toBeGreaterThan(2_500);
      expect(restarts(await pooler.metrics(), 'stood-still')).toBe(1);
    });

    test('SIGHUP replaces all processes one after the other while clients come and go', async () => {
      const pooler = weir.poolers[index]!;
      const before = await membersOf(pooler);
      const clients = churn(index);
      await waitUntil(() => clients.served() > 20, { what: 'clients are served' });
      process.kill(pooler.pid, 'SIGHUP');
      await replaced(pooler, before);
      expect(await clients.stop()).toEqual([]);
      expect(restarts(await pooler.metrics(), 'rolling')).toBe(processes);
    });

    test('SIGUSR2 hands the sockets to a new supervisor, and nobody is refused meanwhile', async () => {
      const pooler = weir.poolers[index]!;
      const before = await membersOf(pooler);
      const clients = churn(index);
      await waitUntil(() => clients.served() > 20, { what: 'clients are served' });
      process.kill(pooler.pid, 'SIGUSR2');
      await pooler.process.exited;
      await replaced(pooler, before);
      const served = clients.served();
      await waitUntil(() => clients.served() > served + 20, { what: 'clients are served by the new one' });
      expect(await clients.stop()).toEqual([]);
      // It leaves while one of its clients is busy: who comes meanwhile is refused, and not left in a queue until it ends.
      const line = pooler.log().find(({ msg }) => msg === 'another supervisor has taken over');
      const busy = await weir.client({ pooler: index });
      let isBusy = true;
      const answered = busy.query('select pg_sleep(3)').finally(() => {
        isBusy = false;
      });
      process.kill(Number(line!.successor), 'SIGTERM');
      await waitUntil(() => isRefused(pooler.port), { what: 'who comes is refused' });
      expect(isBusy).toBe(true);
      await answered;
      await waitUntil(async () => (await membersOf(pooler).catch(() => [])).length === 0, {
        what: 'the new supervisor has ended',
        timeoutMs: 30_000,
      });
    });
  },
);
