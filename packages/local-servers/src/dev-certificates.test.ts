// Development certificates as Node's own TLS sees them, and when they are renewed.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterAll, expect, test } from 'vitest';
import { ensureDevCertificates } from './index.ts';

const dir = mkdtempSync(join(tmpdir(), 'weir-certs-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const days = (count: number) => new Date(Date.now() + count * 86_400_000);

test('a client that trusts the authority accepts every name the certificate is for', async () => {
  const made = await ensureDevCertificates({ dir, domain: 'db.localhost' });
  const server = createServer(
    { cert: readFileSync(made.certFile), key: readFileSync(made.keyFile) },
    (socket) => socket.end(),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  for (const servername of ['ep-x-pooler.db.localhost', 'db.localhost', 'localhost']) {
    const authorized = await new Promise<boolean>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', servername, ca: made.caPem }, () => {
        resolve(socket.authorized);
        socket.destroy();
      });
      socket.once('error', reject);
    });
    expect(authorized).toBe(true);
  }
  server.close();
});

test('certificates are kept, renewed near their end, and the authority outlives them', async () => {
  const first = await ensureDevCertificates({ dir, domain: 'db.localhost' });
  const soon = await ensureDevCertificates({ dir, domain: 'db.localhost', now: days(300) });
  expect(soon).toMatchObject({ renewed: false, validUntil: first.validUntil });
  const later = await ensureDevCertificates({ dir, domain: 'db.localhost', now: days(380) });
  expect(later.renewed).toBe(true);
  expect(later.caPem).toBe(first.caPem);
  const other = await ensureDevCertificates({ dir, domain: 'db.example', now: days(381) });
  expect(other).toMatchObject({ renewed: true, caPem: first.caPem });
  expect(statSync(other.keyFile).mode & 0o777).toBe(0o600);
});
