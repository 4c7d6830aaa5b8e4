// One simulated run: a world of pools, its clients, and the end at which all is counted.
import { ModelClient } from './model-client.ts';
import { World, type WorldOptions } from './world.ts';

/** Simulated time after which a run is over, whoever still waits. */
const longestMs = 600_000;

export interface RunOptions extends Omit<WorldOptions, 'seed'> {
  readonly clients: number;
  readonly batches: number;
  readonly loss: number;
  /** Chance that a batch is about channels, beside those that are anyway. */
  readonly talk?: number;
  /** Clients arrive within this time. */
  readonly arrivalMs: number;
}

/** Runs until nothing is left to happen. Throws with seed and step where a rule is broken or a reply is wrong. */
export function run(seed: number, options: RunOptions) {
  const world = new World({ ...options, seed });
  const { clock, random } = world;
  const clients: ModelClient[] = [];
  let steps = 0;
  try {
    for (let i = 0; i < options.clients; i++) {
      clock.after(random.next() * options.arrivalMs, () => {
        const name = `c${i}`;
        const client = new ModelClient({
          name,
          clock,
          random,
          talk: options.talk ?? 0,
          notifications: world.notifications,
          batches: options.batches,
          loss: options.loss,
          // A Terminate is on its way through the pooler; a lost socket is seen at once.
          done: (how) => {
            if (how === 'lost') world.lose(session);
            else clock.after(1_000, () => world.clients.delete(session));
          },
        });
        clients.push(client);
        const session = world.join(client, random.pick(world.pools), name);
      });
    }
    while (clock.step()) {
      steps++;
      // A client that nobody serves would keep the sweep going for ever.
      if (clock.nowMs > longestMs) break;
      // Every step while small, then often enough: a broken rule stays broken.
      if (steps < 20_000 || steps % 50 === 0) world.check();
    }
    world.check();
  } catch (error) {
    throw new Error(`seed=${seed} step=${steps}: ${(error as Error).message}`, { cause: error });
  }
  const count = (state: ModelClient['state']) => clients.filter((client) => client.state === state).length;
  return {
    world,
    steps,
    finished: count('finished'),
    lost: count('lost'),
    refused: count('refused'),
    running: count('running'),
  };
}
