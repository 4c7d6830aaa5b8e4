// A process of a storm's clients: starts those it is told of, and reports what they were answered.
import { seededRandom } from '../../seeded-random.ts';
import { Ledger } from './ledger.ts';
import type { ClientsStart, FromClients, ToClients } from './messages.ts';
import { StormClient } from './storm-client.ts';

const ledger = new Ledger();
let clients: StormClient[] = [];
let whenStopped: Promise<unknown> = Promise.resolve();

const tell = (message: FromClients): void => {
  process.send!(message);
};

process.on('message', (message: ToClients) => {
  if (message.kind === 'start') start(message);
  else if (message.kind === 'calm') calm();
  else void stop();
});
// Whoever started this is gone.
process.on('disconnect', () => process.exit(1));

function start(message: ClientsStart): void {
  clients = message.clients.map(
    (plan) => new StormClient(plan, message, seededRandom(message.seed + plan.number), ledger),
  );
  let unserved = clients.length;
  whenStopped = Promise.all(
    clients.map((client) =>
      client.run(() => {
        unserved--;
        if (unserved === 0) tell({ kind: 'running' });
      }),
    ),
  );
}

/** Each is to be served once more; tells when all were. */
function calm(): void {
  const sinceMs = Date.now();
  ledger.calmAtMs = sinceMs;
  for (const client of clients) client.hurry();
  const looks = setInterval(() => {
    if (!clients.every((client) => client.servedSinceCalm)) return;
    clearInterval(looks);
    ledger.servedAgainMs = Date.now() - sinceMs;
    tell({ kind: 'calm' });
  }, 20);
}

async function stop(): Promise<void> {
  const unserved = clients
    .filter(({ servedSinceCalm }) => !servedSinceCalm)
    .map(({ plan }) => JSON.stringify(plan));
  for (const client of clients) {
    client.stopped = true;
    client.hurry();
  }
  await whenStopped;
  process.send!(ledger.report(unserved) satisfies FromClients, undefined, {}, () => process.disconnect());
}
