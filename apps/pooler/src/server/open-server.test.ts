// Logging in to real servers by every method and TLS mode, every refusal, and the end of what was not opened.
import { createServer, type Socket } from 'node:net';
import { findPostgresBinaries } from '@weir/local-servers';
import { deriveKeysSync, parseVerifier } from '@weir/scram';
import type { Upstream } from '@weir/tenancy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PoolerError } from '../errors.ts';
import { loopbackOnly, type RealPostgres, startRealPostgres, upstreamOf } from '../testing/real-postgres.ts';
import { cancelServer } from './cancel-server.ts';
import { type OpenedServer, type OpenServerOptions, openServer } from './open-server.ts';

async function refusal(opening: Promise<unknown>): Promise<PoolerError> {
  try {
    await opening;
  } catch (error) {
    if (error instanceof PoolerError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

function options(upstream: Upstream, part: Partial<OpenServerOptions> = {}): OpenServerOptions {
  return {
    endpointId: 'ep-calm-river-a1b2c3',
    upstream,
    database: 'postgres',
    credential: { role: 't_scram', password: 'sc ret é' },
    startupParameters: [],
    policy: loopbackOnly,
    timeoutMs: 60_000,
    ...part,
  };
}

function end(server: OpenedServer): void {
  server.connection.destroy();
}

for (const origin of ['embedded', 'system'] as const) {
  const binaries = findPostgresBinaries(origin);
  // Without a system Postgres only the embedded one can be tried.
  describe.skipIf(binaries === null)(`on the ${origin} Postgres`, () => {
    let postgres: RealPostgres;
    beforeAll(async () => {
      postgres = await startRealPostgres(binaries!);
    });
    afterAll(() => postgres?.stop());

    const open = (part: Partial<OpenServerOptions> = {}, upstream: Partial<Upstream> = {}) =>
      openServer(options(upstreamOf(postgres, upstream), part));

    test('SCRAM by password works in every TLS mode, and the greeting is complete', async () => {
      for (const tlsMode of ['disable', 'require', 'verify-ca', 'verify-full'] as const) {
        const server = await open({}, { tlsMode });
        expect(server.connection.tls === null).toBe(tlsMode === 'disable');
        expect(server.processId).toBeGreaterThan(0);
        expect(server.secretKey.length).toBe(4);
        expect(server.parameterStatus.get('server_version')).toContain(postgres.server.version);
        expect(server.leftover.length).toBe(0);
        end(server);
      }
    });

    test('SCRAM by ClientKey works with and without channel binding, and only with the right one', async () => {
      const [row] = await postgres.sql(`select rolpassword from pg_authid where rolname = 't_scram'`);
      const { salt, iterations } = parseVerifier(row!.rolpassword as string)!;
      const keys = deriveKeysSync('sc ret é', salt, iterations);
      for (const tlsMode of ['disable', 'verify-full'] as const) {
        end(await open({ credential: { role: 't_scram', ...keys } }, { tlsMode }));
      }
      const wrong = { ...keys, clientKey: new Uint8Array(32) };
      const error = await refusal(open({ credential: { role: 't_scram', ...wrong } }));
      expect([error.code, error.sqlstate]).toEqual(['SERVER_PASSWORD_REFUSED', '28P01']);
      expect(error.message).toBe('password authentication failed for user "t_scram"');
      expect(error.hint).toContain('changed');
    });

    test('a server that cannot prove that it knows the password is refused', async () => {
      const [row] = await postgres.sql(`select rolpassword from pg_authid where rolname = 't_scram'`);
      const { salt, iterations } = parseVerifier(row!.rolpassword as string)!;
      const keys = deriveKeysSync('sc ret é', salt, iterations);
      const foreign = { role: 't_scram', ...keys, serverKey: new Uint8Array(32) };
      const error = await refusal(open({ credential: foreign }));
      expect([error.code, error.message]).toEqual([
        'SERVER_PROTOCOL',
        'the database server broke the Postgres protocol: incorrect server signature',
      ]);
    });

    test('trust, md5, cleartext over TLS and odd role names log in', async () => {
      end(await open({ credential: { role: 't_trust' } }));
      end(await open({ credential: { role: 't_md5', password: 'mdpw' } }, { tlsMode: 'disable' }));
      end(await open({ credential: { role: 't_plain', password: 'plain' } }));
      end(await open({ credential: { role: 't.odd "é', password: 'odd' } }));
    });

    test('a password is never sent in the clear without TLS', async () => {
      const credential = { role: 't_plain', password: 'plain' };
      expect((await refusal(open({ credential }, { tlsMode: 'disable' }))).code).toBe(
        'AUTH_METHOD_UNSUPPORTED',
      );
    });

    test('md5 with only a ClientKey in hand says that the password is needed', async () => {
      const keys = { clientKey: new Uint8Array(32), serverKey: new Uint8Array(32) };
      const error = await refusal(open({ credential: { role: 't_md5', ...keys } }));
      expect([error.code, error.data.method]).toEqual(['SERVER_PASSWORD_NEEDED', 'md5']);
    });

    test('refusals of the server keep their SQLSTATE and text', async () => {
      const refused = async (part: Partial<OpenServerOptions>) => {
        const { sqlstate, message, code } = await refusal(open(part));
        return [code, sqlstate, message];
      };
      expect(await refused({ database: 'nowhere' })).toEqual([
        'SERVER_LOGIN_REFUSED',
        '3D000',
        'database "nowhere" does not exist',
      ]);
      expect(await refused({ credential: { role: 't_full', password: 'x' } })).toEqual([
        'SERVER_LOGIN_REFUSED',
        '53300',
        'too many connections for role "t_full"',
      ]);
      expect((await refused({ credential: { role: 't_reject', password: 'x' } }))[1]).toBe('28000');
      expect(await refused({ credential: { role: 't_nologin', password: 'x' } })).toEqual([
        'SERVER_LOGIN_REFUSED',
        '28000',
        'role "t_nologin" is not permitted to log in',
      ]);
      expect((await refused({ credential: { role: 't_scram', password: 'no' } }))[0]).toBe(
        'SERVER_PASSWORD_REFUSED',
      );
      expect((await refused({ startupParameters: [['work_mem', 'a lot']] }))[1]).toBe('22023');
    });

    test('startup parameters are what RESET goes back to', async () => {
      const server = await open({
        startupParameters: [
          ['DateStyle', 'German'],
          ['application_name', 'weir'],
        ],
      });
      expect(server.parameterStatus.get('DateStyle')).toContain('German');
      expect(server.parameterStatus.get('application_name')).toBe('weir');
      end(server);
    });

    test('a logical replication connection can be opened', async () => {
      const credential = { role: 'postgres', password: 'super' };
      // The hba line for all databases covers replication=database only.
      end(await open({ credential, replication: 'logical' }));
    });

    test('verification modes tell an unknown authority from a wrong name, and require asks neither', async () => {
      const foreign = { caPem: otherCa };
      expect(await refusal(open({}, foreign))).toMatchObject({ code: 'SERVER_TLS_UNTRUSTED' });
      expect((await refusal(open({}, { ...foreign, tlsMode: 'verify-ca' }))).message).toContain('not signed');
      const misnamed = { host: 'other.localhost' };
      expect((await refusal(open({}, misnamed))).message).toContain('for another host name');
      end(await open({}, { ...misnamed, tlsMode: 'verify-ca' }));
      end(await open({}, { ...foreign, ...misnamed, tlsMode: 'require' }));
    });

    test('a failed login resolves only after the server has ended its side, so a full server can be tried again', async () => {
      await postgres.sql('alter role t_trust connection limit 1');
      const credential = { role: 't_trust' };
      for (let i = 0; i < 15; i++) {
        const first = await open({ credential });
        expect((await refusal(open({ credential }))).sqlstate).toBe('53300');
        const closed = new Promise<void>((resolve) => {
          first.connection.handler = { onData() {}, onDrain() {}, onEnd() {}, onClose: () => resolve() };
        });
        first.connection.write(new Uint8Array([0x58, 0, 0, 0, 4]));
        first.connection.end();
        first.connection.resume();
        await closed;
      }
      await postgres.sql('alter role t_trust connection limit -1');
    });

    test('beforeStartup may call it off, and then the server never hears of it', async () => {
      const beforeStartup = () => {
        throw new PoolerError('BUDGET_EXHAUSTED', { budget: 1, tenant: 'acme' });
      };
      expect((await refusal(open({ beforeStartup }))).code).toBe('BUDGET_EXHAUSTED');
    });

    test('a cancel request stops the query, with TLS and without, and resolves when the server is done with it', async () => {
      for (const tlsMode of ['disable', 'verify-full'] as const) {
        const upstream = upstreamOf(postgres, { tlsMode });
        const server = await openServer(options(upstream));
        const { promise, received } = collect(server, (text) => text.includes('57014'));
        server.connection.write(simpleQuery('select pg_sleep(60)'));
        await postgresSees(postgres, 'pg_sleep');
        const { processId, secretKey } = server;
        await cancelServer({
          endpointId: 'e',
          upstream,
          processId,
          secretKey,
          policy: loopbackOnly,
          timeoutMs: 60_000,
        });
        await promise;
        expect(received()).toContain('canceling statement due to user request');
        end(server);
      }
    });
  });
}

describe('on servers that are not there or not Postgres', () => {
  const upstream = (port: number, part: Partial<Upstream> = {}): Upstream => ({
    id: 'x',
    host: '127.0.0.1',
    port,
    tlsMode: 'require',
    caPem: null,
    serverVersion: '18',
    ...part,
  });

  async function listening(onSocket: (socket: Socket) => void) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      onSocket(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    return {
      port,
      [Symbol.asyncDispose]: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  test('nobody listens: 08006 that says so, without the address', async () => {
    const { port, [Symbol.asyncDispose]: close } = await listening(() => {});
    await close();
    const error = await refusal(openServer(options(upstream(port))));
    expect([error.code, error.sqlstate]).toEqual(['SERVER_UNREACHABLE', '08006']);
    expect(error.message).toContain('connection refused');
    expect(error.message).not.toContain('127.0.0.1');
  });

  test('an address that the egress policy forbids is never dialled', async () => {
    let dialled = false;
    await using server = await listening(() => {
      dialled = true;
    });
    const policy = { ...loopbackOnly, allowLoopback: false };
    expect((await refusal(openServer(options(upstream(server.port), { policy })))).code).toBe(
      'SERVER_FORBIDDEN',
    );
    expect(dialled).toBe(false);
  });

  test('a server without TLS is named as such', async () => {
    await using server = await listening((socket) => socket.on('data', () => socket.write('N')));
    expect((await refusal(openServer(options(upstream(server.port))))).code).toBe('SERVER_TLS_REFUSED');
  });

  test('bytes stuffed behind the answer to SSLRequest are refused', async () => {
    await using server = await listening((socket) => socket.on('data', () => socket.write('SE')));
    expect((await refusal(openServer(options(upstream(server.port))))).code).toBe('SERVER_PROTOCOL');
  });

  test('a server that says nothing costs the time-out and no more', async () => {
    await using server = await listening(() => {});
    const error = await refusal(openServer(options(upstream(server.port), { timeoutMs: 200 })));
    expect([error.code, error.message]).toEqual([
      'SERVER_UNREACHABLE',
      expect.stringContaining('no answer in time'),
    ]);
  });

  test('a server that answers with rubbish is told apart', async () => {
    await using server = await listening((socket) =>
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n')),
    );
    const plain = upstream(server.port, { tlsMode: 'disable' });
    expect((await refusal(openServer(options(plain)))).code).toBe('SERVER_PROTOCOL');
  });

  test('a server that skips its proof after SCRAM began is refused', async () => {
    const sasl = Buffer.from('R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0', 'latin1');
    const ok = Buffer.from('R\0\0\0\x08\0\0\0\0', 'latin1');
    await using server = await listening((socket) => {
      socket.once('data', () => {
        socket.write(sasl);
        socket.on('data', () => socket.write(ok));
      });
      socket.on('end', () => socket.end());
    });
    const plain = upstream(server.port, { tlsMode: 'disable' });
    const error = await refusal(openServer(options(plain)));
    expect([error.code, error.message]).toEqual(['SERVER_PROTOCOL', expect.stringContaining('out of turn')]);
  });

  test('an abort ends a login that hangs', async () => {
    const abort = new AbortController();
    await using server = await listening((socket) => {
      socket.on('data', () => abort.abort());
      socket.on('end', () => socket.end());
    });
    const plain = upstream(server.port, { tlsMode: 'disable' });
    expect((await refusal(openServer(options(plain, { signal: abort.signal })))).code).toBe('DRAINING');
  });
});

function simpleQuery(text: string): Uint8Array {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head[0] = 0x51;
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function collect(server: OpenedServer, enough: (text: string) => boolean) {
  let text = '';
  const promise = new Promise<void>((resolve) => {
    server.connection.handler = {
      onData(bytes, length) {
        text += Buffer.from(bytes.subarray(0, length)).toString('utf8');
        if (enough(text)) resolve();
      },
      onDrain() {},
      onEnd: resolve,
      onClose: () => resolve(),
    };
    server.connection.resume();
  });
  return { promise, received: () => text };
}

async function postgresSees(postgres: RealPostgres, text: string): Promise<void> {
  const deadline = performance.now() + 60_000;
  const running = `select 1 from pg_stat_activity where state = 'active' and query like '%${text}%' and pid <> pg_backend_pid()`;
  while ((await postgres.sql(running)).length === 0) {
    if (performance.now() > deadline) throw new Error(`the server never ran ${text}`);
  }
}

// A CA that signed nothing here.
const otherCa = `-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUYEmcYp2Nbue4tMwWNdbfpO+AZLYwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRYW5vdGhlciBhdXRob3JpdHkwIBcNMjYxMTIzMTUyMDI0WhgP
MjA4MTA4MjYxNTIwMjRaMBwxGjAYBgNVBAMMEWFub3RoZXIgYXV0aG9yaXR5MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEX76qm4xqMYknaH0s2UqpBCHY+CbUmXKu
i0Y/o9Z0GJ7Ry0mv3nGerlygWmZAF3ZLYepStz0Z72T0xcMzrPi4KqNTMFEwHQYD
VR0OBBYEFGYVUWkhJkw/bqOi/8EueNrUYPH3MB8GA1UdIwQYMBaAFGYVUWkhJkw/
bqOi/8EueNrUYPH3MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
AKx6BFGBdnbIhivqTZDi+A4lkVggFo4G3cMVI8HMiOUDAiBZwRJ3KckswNd7cuKT
hbExMTCWr6TeNKZWHjsa9fHKBQ==
-----END CERTIFICATE-----
`;
