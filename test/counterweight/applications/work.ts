// The work of one application: an instance of it for each client connection, what each does, and what came of it.
import type { Application, Shop } from './shop.ts';

/** What a process prints as its last line. */
interface Outcome {
  readonly client: string;
  readonly rounds: number;
  /** Of the client that did the least, within the measured time. */
  readonly roundsLeast: number;
  /** By message: how often. */
  readonly errors: Readonly<Record<string, number>>;
}

type Failed = (step: string, error: unknown) => void;

const kinds = Array.from({ length: 20 }, (_, i) => `kind ${i}`);
const startedAtOnce = 4;
const pauseMs = Number(process.env.WEIR_PAUSE_MS);

/**
 * Runs `application` as the environment says and prints `ready` once every instance has done a round, then the outcome.
 * Each instance has a pool of its own with the stack's defaults and does one thing after the other, as a function does
 * or a process that takes one request at a time.
 */
export async function work(application: Application): Promise<void> {
  const url = process.env.WEIR_URL!;
  const clients = Number(process.env.WEIR_CLIENTS);
  const seconds = Number(process.env.WEIR_SECONDS);
  await application.makeTables(url);
  const shops: Shop[] = [];
  for (let i = 0; i < clients; i++) shops.push(await application.open(url));
  const errors = new Map<string, number>();
  const failed: Failed = (step, error) => {
    const { code = '', message } = error as { code?: string; message: string };
    const text = `${step}: ${code} ${message.replaceAll(/\s+/g, ' ').slice(0, 300)}`;
    errors.set(text, (errors.get(text) ?? 0) + 1);
  };
  // A few at a time: all these instances start in one process, which real ones would not.
  for (let i = 0; i < clients; i += startedAtOnce) {
    const some = shops.slice(i, i + startedAtOnce);
    await Promise.all(some.map((shop) => shop.count('nobody').catch((error) => failed('connect', error))));
  }
  await Promise.all(shops.map((shop, worker) => oneRound(shop, worker, 0, failed)));
  console.log('ready');
  const until = performance.now() + seconds * 1000;
  const rounds = await Promise.all(
    shops.map(async (shop, worker) => {
      let done = 0;
      // Each does one whole round at least, however slow the machine.
      do await oneRound(shop, worker, ++done, failed);
      while (performance.now() < until);
      return done;
    }),
  );
  const outcome: Outcome = {
    client: application.client,
    rounds: rounds.reduce((sum, one) => sum + one, 0),
    roundsLeast: Math.min(...rounds),
    errors: Object.fromEntries(errors),
  };
  console.log(JSON.stringify(outcome));
  for (const shop of shops) await shop.close();
}

async function oneRound(shop: Shop, worker: number, round: number, failed: Failed): Promise<void> {
  const email = `${worker}-${round}@example.com`;
  let step = '';
  let steps = 0;
  const next = async (name: string) => {
    step = name;
    await pause(worker, round * 10 + ++steps);
  };
  try {
    await next('sign up');
    const customer = await shop.signUp(email, 'first');
    await next('place order');
    const products = [1, 2, 3].map((i) => ((worker * 3 + i) % 500) + 1).sort((a, b) => a - b);
    const order = await shop.placeOrder(customer, products);
    await next('rename');
    await shop.rename(customer, `customer ${worker}`);
    await next('read order');
    const read = await shop.readOrder(order);
    const whole = read.customer === `customer ${worker}` && read.items === products.length;
    expect(whole, JSON.stringify(read));
    await next('page');
    const { rows, total } = await shop.page(0, 10);
    expect(rows >= 1 && rows <= 10 && total >= 1, `${rows} rows of ${total}`);
    await next('failed transaction');
    const fresh = `fresh-${email}`;
    const refusal = await shop.signUpTwice(fresh, email).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal !== null, 'a duplicate was taken');
    // Prisma has codes of its own; the others hand on the server's, in the error or in its cause.
    if (!/23505|P2002|unique/i.test(describe(refusal))) throw refusal;
    await next('count');
    expect((await shop.count(fresh)) === 0, 'a failed transaction left a row');
    await next('record');
    await shop.record(kinds);
  } catch (error) {
    failed(step, error);
  }
}

/** Half of the pause to one and a half of it, always the same for the same step: so that clients do not go in step. */
function pause(worker: number, step: number): Promise<void> | null {
  if (pauseMs === 0) return null;
  const share = ((worker * 7919 + step * 104_729) % 1000) / 1000;
  return new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + share)));
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function describe(error: unknown): string {
  const { code = '', message = '', name = '', cause } = error as Error & { code?: string };
  return `${name} ${code} ${message} ${cause === undefined ? '' : describe(cause)}`;
}
