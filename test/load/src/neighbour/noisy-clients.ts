// The load generator of the noisy tenant: connects, failed logins, huge results and slow readers, all at once and without a pause.
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { NoisyOrder, NoisyResult, Target } from './messages.ts';
import { clientOf } from './quiet-clients.ts';

/** Of a hundred clients so many do each. */
const shares = { connect: 40, fail: 10, huge: 10, slow: 40 } as const;
type Habit = keyof typeof shares;

/** 20 MB, of which a slow reader takes a few KB a second. */
const hugeQuery = "select repeat('x', 20000) from generate_series(1, 1000)";
const slowReadMs = 1_000;
const arriveWithinMs = 1_000;

export function habitOf(index: number): Habit {
  let left = index % 100;
  for (const [habit, share] of Object.entries(shares)) {
    left -= share;
    if (left < 0) return habit as Habit;
  }
  throw new Error('the shares are not a hundred');
}

/** Serves orders of the parent until it goes. */
export async function runNoisy(target: Target, clients: number): Promise<void> {
  let storm: Storm | null = null;
  process.on('message', (order: NoisyOrder) => {
    if (order.kind === 'storm') storm = new Storm(target, clients);
    else void storm?.end().then((result) => process.send!(result));
  });
  process.send!('ready');
}

class Storm {
  readonly #target: Target;
  readonly #open = new Set<pg.Client>();
  readonly #lives: Promise<void>[];
  readonly #refused: Record<string, number> = {};
  #logins = 0;
  #rows = 0;
  #isOver = false;

  constructor(target: Target, clients: number) {
    this.#target = target;
    this.#lives = Array.from({ length: clients }, (_, index) => this.#live(index));
  }

  async end(): Promise<NoisyResult> {
    this.#isOver = true;
    for (const client of this.#open) streamOf(client).destroy();
    await Promise.all(this.#lives);
    return { logins: this.#logins, refused: this.#refused, rows: this.#rows };
  }

  /** One client after the other, without a pause: who is refused comes back at once. */
  async #live(index: number): Promise<void> {
    const habit = habitOf(index >> 1);
    await delay(Math.random() * arriveWithinMs);
    while (!this.#isOver) {
      const target = habit === 'fail' ? { ...this.#target, password: 'wrong' } : this.#target;
      const client = clientOf(target, index % 2 === 0);
      this.#open.add(client);
      const closed = new Promise<void>((done) => client.once('end', () => done()));
      try {
        await client.connect();
        this.#logins++;
        await this.#use(client, habit, closed);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        const word = code ?? message;
        if (!this.#isOver) this.#refused[word] = (this.#refused[word] ?? 0) + 1;
      }
      streamOf(client).destroy();
      this.#open.delete(client);
      // What destroys a socket in the turn that made it would never let another one run.
      await delay(0);
    }
  }

  async #use(client: pg.Client, habit: Habit, closed: Promise<void>): Promise<void> {
    if (habit === 'slow') {
      client.query(hugeQuery).catch(() => {});
      const stream = streamOf(client);
      let isClosed = false;
      void closed.then(() => {
        isClosed = true;
      });
      while (!this.#isOver && !isClosed) {
        stream.pause();
        await Promise.race([delay(slowReadMs), closed]);
        stream.resume();
        await delay(1);
      }
      return;
    }
    const { rowCount } = await client.query(habit === 'huge' ? hugeQuery : 'select 1');
    this.#rows += rowCount ?? 0;
  }
}

function streamOf(client: pg.Client): { pause(): void; resume(): void; destroy(): void } {
  return (client as unknown as { connection: { stream: never } }).connection.stream;
}
