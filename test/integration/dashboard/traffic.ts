// Clients of an endpoint that work, rest, wait and keep a server connection, so that its page has something to show.
import { setTimeout as rest } from 'node:timers/promises';
import type { Weir } from '@weir/harness';

export interface Traffic {
  stop(): Promise<void>;
}

/** More than the pool has server connections, so that some wait now and then. */
const workersMax = 18;

export async function startTraffic(weir: Weir): Promise<Traffic> {
  const clients = await Promise.all(Array.from({ length: workersMax }, () => weir.client()));
  const keeper = await weir.client({ config: { application_name: 'checkout' } });
  await keeper.query('create temp table cart (item text)');
  let isOn = true;
  const work = clients.map(async (client, index) => {
    for (let round = 0; isOn; round++) {
      // Some quick and some slow, with pauses in between, as applications are.
      await client.query(`select pg_sleep(${((index * 7 + round) % 11) * 0.004})`);
      await rest((index % 6) * 40);
    }
  });
  return {
    async stop() {
      isOn = false;
      await Promise.all(work);
    },
  };
}
