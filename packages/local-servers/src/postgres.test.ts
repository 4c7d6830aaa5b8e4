// The launcher against real Postgres programs: first start, later starts, leftovers of a crash, and a certificate.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ensureDevCertificates, findPostgresBinaries, startEmbeddedPostgres } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-postgres-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const answersSslRequest = (port: number) =>
  new Promise<string>((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1', () =>
      socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])),
    );
    socket.once('data', (data) => {
      resolve(data.toString('latin1'));
      socket.destroy();
    });
    socket.once('error', reject);
  });

for (const origin of ['embedded', 'system'] as const) {
  const binaries = findPostgresBinaries(origin);
  // Without a system Postgres only the embedded one can be tried.
  test.skipIf(binaries === null)(
    `the ${origin} Postgres starts, stops and starts again on the same data`,
    async () => {
      const options = {
        dataDir: join(dir, origin, 'data'),
        password: 'first',
        durable: false,
        binDir: binaries!.binDir,
      };
      const first = await startEmbeddedPostgres(options);
      expect(existsSync(join(first.dataDir, 'PG_VERSION'))).toBe(true);
      expect(await answersSslRequest(first.port)).toBe('N');
      await expect(startEmbeddedPostgres(options)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
      await expect(
        startEmbeddedPostgres({ ...options, dataDir: join(dir, origin, 'other'), port: first.port }),
      ).rejects.toMatchObject({ code: 'PORT_TAKEN', message: expect.stringContaining('postgres') });
      const took = await startEmbeddedPostgres({ ...options, endLeftover: true });
      expect(first.hasExited).toBe(true);
      await took.stop('immediate');
      // A number that some other living process has by now.
      writeFileSync(join(took.dataDir, 'postmaster.pid'), `${process.pid}\n${took.dataDir}\n`);
      const again = await startEmbeddedPostgres(options);
      expect(again.log()).toContain('not properly shut down');
      await again.stop();
    },
    60_000,
  );
}

test('a server with a certificate agrees to TLS', async () => {
  const certificates = await ensureDevCertificates({ dir: join(dir, 'certs'), domain: 'db.localhost' });
  await using server = await startEmbeddedPostgres({
    dataDir: join(dir, 'tls'),
    password: 'x',
    durable: false,
    tls: certificates,
  });
  expect(await answersSslRequest(server.port)).toBe('S');
}, 60_000);
