// Drives the pooling core with clients and servers in memory for a number of transactions: its instructions are counted.
import type { Effects, Peer, PoolSettings, ServerSession } from '@weir/pooling';
import * as thisPooling from '@weir/pooling';
import { CannedServer } from './canned-server.ts';
import { type TrafficName, trafficOf } from './traffic.ts';

// Bundled with the core of another folder it may be an earlier one, which has some of this elsewhere.
const pooling: typeof thisPooling = thisPooling;
type OlderDispatcher = thisPooling.Dispatcher & {
  readonly sweep?: (upstream: thisPooling.Upstream, nowMs: number, noticeAfterMs: number) => void;
};

const sweepEachMs = 100;
/** Of the simulated clock, per event: about 10 000 transactions a second. */
const msPerEvent = 0.05;
const serverEvent = 1 << 16;

/** Who is next: a client with a request, or a server with replies. */
class Events {
  private readonly ring = new Int32Array(4096);
  private first = 0;
  private last = 0;

  push(event: number): void {
    this.ring[this.last++ & 4095] = event;
  }

  next(): number {
    return this.first === this.last ? -1 : this.ring[this.first++ & 4095]!;
  }
}

class FakeClient implements Peer {
  readonly unsentBytes = 0;
  step = 0;
  requests: readonly Uint8Array[];
  private readonly answered: () => void;

  constructor(requests: readonly Uint8Array[], answered: (client: FakeClient) => void) {
    this.requests = requests;
    this.answered = () => answered(this);
  }

  write(bytes: Uint8Array): boolean {
    // Whatever ends with ReadyForQuery ends an answer.
    if (bytes[bytes.length - 6] === 0x5a && bytes[bytes.length - 2] === 5) this.answered();
    return true;
  }

  pause(): void {}
  resume(): void {}
}

class FakeServer implements Peer {
  readonly unsentBytes = 0;
  readonly canned = new CannedServer();
  private readonly due: () => void;

  constructor(due: () => void) {
    this.due = due;
  }

  write(bytes: Uint8Array): boolean {
    const before = this.canned.length;
    this.canned.answer(bytes, bytes.length);
    if (before === 0 && this.canned.length > 0) this.due();
    return true;
  }

  pause(): void {}
  resume(): void {}
}

/** The two ends of whatever is between clients and servers. */
interface Between {
  fromClient(client: number, bytes: Uint8Array, length: number, nowMs: number): void;
  fromServer(server: number, bytes: Uint8Array, length: number, nowMs: number): void;
  sweep(nowMs: number): void;
}

function nothingBetween(clients: readonly FakeClient[], servers: FakeServer[], events: Events): Between {
  const clientOf = new Int32Array(servers.length).fill(-1);
  const waiting: number[] = [];
  const free = servers.map((_, index) => index);
  const lend = (server: number, client: number): void => {
    const { requests, step } = clients[client]!;
    clientOf[server] = client;
    servers[server]!.write(requests[step]!);
  };
  for (const index of servers.keys()) servers[index] = new FakeServer(() => events.push(serverEvent + index));
  return {
    fromClient(client, bytes, length) {
      const held = clientOf.indexOf(client);
      if (held >= 0) servers[held]!.write(bytes.subarray(0, length));
      else if (free.length > 0) lend(free.pop()!, client);
      else waiting.push(client);
    },
    fromServer(server, bytes, length) {
      const client = clientOf[server]!;
      if (bytes[length - 1] === 0x49) {
        const next = waiting.shift();
        if (next === undefined) {
          clientOf[server] = -1;
          free.push(server);
        } else lend(server, next);
      }
      clients[client]!.write(bytes.subarray(0, length));
    },
    sweep() {},
  };
}

function coreBetween(clients: readonly FakeClient[], servers: FakeServer[], events: Events): Between {
  const sessions: ServerSession[] = [];
  const effects: Effects = {
    openServer(server) {
      const index = sessions.push(server) - 1;
      servers[index] = new FakeServer(() => events.push(serverEvent + index));
    },
    closeServer: unexpected('closeServer'),
    cancelServer: unexpected('cancelServer'),
    refuse: unexpected('refuse'),
    endClient: unexpected('endClient'),
    noticeWait: unexpected('noticeWait'),
    circuitChanged: unexpected('circuitChanged'),
    queryTimeoutError: unexpected('queryTimeoutError'),
  };
  const dispatcher = new pooling.Dispatcher(effects) as OlderDispatcher;
  const allocate = (bytes: number): Uint8Array => Buffer.allocUnsafeSlow(bytes);
  const requests = new pooling.RequestForwarder(dispatcher, allocate);
  const replies = new pooling.ReplyForwarder(dispatcher, allocate);
  const upstream = new pooling.Upstream('fake', 2 * servers.length);
  const observer = { waited() {}, held() {}, pinned: unexpected('pinned') };
  const settings = settingsOf(servers.length);
  const { Pool } = pooling;
  const OlderPool = Pool as unknown as new (...words: unknown[]) => thisPooling.Pool;
  const pool =
    Pool.length === 4
      ? new OlderPool('fake', upstream, settings, observer)
      : new Pool('fake', 'fake', upstream, settings, observer);
  upstream.pools.add(pool);
  const parameters = pooling.valueSetOf(
    new Map([
      ['application_name', 'shop'],
      ['client_encoding', 'UTF8'],
      ['server_version', '18.4'],
      ['standard_conforming_strings', 'on'],
    ]),
  );
  const replay = pooling.valueSetOf(new Map([['application_name', 'shop']]));
  const started = clients.map((peer) => {
    const session = new pooling.ClientSession({ peer, pool, replay, told: parameters });
    dispatcher.clientStarted(session, 0);
    return session;
  });
  let opened = 0;
  const openAll = (nowMs: number): void => {
    while (opened < sessions.length) {
      const session = sessions[opened]!;
      session.peer = servers[opened++]!;
      dispatcher.serverOpened(session, parameters, nowMs);
    }
  };
  return {
    fromClient(client, bytes, length, nowMs) {
      requests.clientData(started[client]!, bytes, length, nowMs);
      if (opened < sessions.length) openAll(nowMs);
    },
    fromServer: (server, bytes, length, nowMs) => replies.serverData(sessions[server]!, bytes, length, nowMs),
    sweep(nowMs) {
      if (dispatcher.sweep !== undefined) dispatcher.sweep(upstream, nowMs, 1e9);
      else {
        pooling.sweep(dispatcher, upstream, nowMs, 1e9);
        pooling.sweepIdleClients(dispatcher, nowMs);
      }
      openAll(nowMs);
    },
  };
}

function settingsOf(sizeMax: number): PoolSettings {
  return {
    mode: 'transaction',
    stateTracking: 'auto',
    sizeMax,
    sizeMin: 0,
    queryWaitTimeoutMs: 1e12,
    serverIdleTimeoutMs: 1e12,
    serverLifetimeMs: 1e12,
    pinsMax: null,
    pinIdleTimeoutMs: 0,
    clientIdleTimeoutMs: 0,
    idleInTransactionTimeoutMs: 0,
    queryTimeoutMs: 0,
    transactionTimeoutMs: 0,
  };
}

function unexpected(what: string): () => never {
  return () => {
    throw new Error(`${what} was called: this traffic is not ordinary`);
  };
}

/** Arguments: what is between (`core` or `nothing`), the kind of traffic, transactions, clients, servers. */
function main(): void {
  const [what, name, ...numbers] = process.argv.slice(2) as [string, TrafficName, ...string[]];
  const [transactions, clientCount, serverCount] = numbers.map(Number) as [number, number, number];
  const traffic = trafficOf(name);
  const events = new Events();
  let begun = 0;
  let done = 0;
  const clients: FakeClient[] = [];
  const answered = (client: FakeClient): void => {
    if (++client.step === client.requests.length) {
      client.step = 0;
      if (client.requests === traffic.requests) done++;
      client.requests = traffic.requests;
      if (begun === transactions) return;
      begun++;
    }
    events.push(clients.indexOf(client));
  };
  const first = traffic.before.length > 0 ? traffic.before : traffic.requests;
  for (let i = 0; i < clientCount; i++) clients.push(new FakeClient(first, answered));
  if (first === traffic.requests) begun = clientCount;
  const servers = new Array<FakeServer>(serverCount).fill(new FakeServer(() => {}));
  const between = (what === 'core' ? coreBetween : nothingBetween)(clients, servers, events);
  for (let i = 0; i < clientCount; i++) events.push(i);
  // As the sockets do: everything is read into one buffer.
  const read = Buffer.alloc(64 * 1024);
  let nowMs = 1;
  let sweepDueMs = sweepEachMs;
  for (let event = events.next(); event >= 0; event = events.next()) {
    nowMs += msPerEvent;
    if (event < serverEvent) {
      const { requests, step } = clients[event]!;
      const request = requests[step]!;
      read.set(request, 0);
      between.fromClient(event, read, request.length, nowMs);
    } else {
      const { canned } = servers[event - serverEvent]!;
      const { length } = canned;
      read.set(canned.replies.subarray(0, length), 0);
      canned.length = 0;
      between.fromServer(event - serverEvent, read, length, nowMs);
    }
    if (nowMs < sweepDueMs) continue;
    sweepDueMs += sweepEachMs;
    between.sweep(nowMs);
  }
  if (done !== transactions) throw new Error(`${done} transactions of ${transactions} were answered`);
}

main();
