// A listener behind a proxy: who the client is, the proxy's header says, and nobody else's.
import { connect, Socket } from 'node:net';
import { startWeir, type Weir } from '@weir/harness';
import { freePort } from '@weir/local-servers';
import { encodeStartupMessage } from '@weir/protocol';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chooseSeed, seededRandom } from '../seeded-random.ts';

let weir: Weir;
/** Where the header is required, and believed from loopback. */
let behind: number;
beforeAll(async () => {
  behind = await freePort();
  weir = await startWeir({
    poolerEnv: { WEIR_POOLED_LISTEN: `127.0.0.1:${behind}/proxy`, WEIR_PROXIES: '127.0.0.0/8' },
    settings: { allowedAddresses: ['192.0.2.0/24', '127.0.0.1'] },
  });
}, 120_000);
afterAll(() => weir?.close());

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const fromFour = (address: number[]) =>
  Buffer.from([...signature, 0x21, 0x11, 0, 12, ...address, 127, 0, 0, 1, 0xd4, 0x31, 0x15, 0x38]);

/** Sends a header as soon as it is connected, before anything else. */
class ProxiedSocket extends Socket {
  constructor(header: Buffer) {
    super();
    this.once('connect', () => this.write(header));
  }
}

async function ask(header: Buffer, port = behind): Promise<unknown> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'app',
    password: 'app-pw',
    database: weir.database,
    ssl: { ca: weir.caPem, servername: weir.hosts.pooled },
    stream: () => new ProxiedSocket(header),
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('select 1 as one');
    await client.end();
    return rows[0].one;
  } catch (error) {
    return (error as Error).message;
  }
}

test('the address in the header decides whether a client is let in', async () => {
  expect(await ask(fromFour([192, 0, 2, 7]))).toBe(1);
  expect(await ask(fromFour([198, 51, 100, 7]))).toMatch(/198\.51\.100\.7/);
});

test('a proxy that speaks for itself is judged by its own address', async () => {
  expect(await ask(Buffer.from([...signature, 0x20, 0x00, 0, 0]))).toBe(1);
});

test('a client without a header is told at once, and one with a header where none is wanted too', async () => {
  const answer = (port: number, bytes: Uint8Array) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.on('data', (data: Buffer) => {
        text += data.toString('latin1');
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text));
    });
  const startup = encodeStartupMessage([['user', 'app']]);
  expect(await answer(behind, startup)).toMatch(/this port is for proxies.*no header/);
  expect(await answer(weir.pooler.port, fromFour([192, 0, 2, 7]))).toMatch(/a PROXY protocol header/);
});

test('random bytes and damaged headers end their own connection, and the listener goes on', async () => {
  const seed = chooseSeed();
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  await Promise.all(
    Array.from({ length: 300 }, () => {
      const bytes = Buffer.from(random.oneIn(3) ? random.bytes(random.below(200)) : fromFour([192, 0, 2, 7]));
      if (bytes.length > 0)
        for (let count = random.below(4); count > 0; count--)
          bytes[random.below(bytes.length)] = random.below(256);
      return new Promise<void>((resolve) => {
        const socket = connect(behind, '127.0.0.1', () => socket.end(bytes));
        socket
          .on('error', () => {})
          .on('close', () => resolve())
          .resume();
      });
    }),
  );
  expect(await ask(fromFour([192, 0, 2, 7]))).toBe(1);
  expect(weir.pooler.log().filter(({ level }) => level === 'error')).toEqual([]);
});
