// Ports against real listeners of this process.
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { freePort, isPortFree, portOwner } from './index.ts';

test('a taken port is passed over, and its owner is named', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  expect(await isPortFree(port)).toBe(false);
  expect(await freePort(port)).not.toBe(port);
  if (process.platform === 'linux') expect(portOwner(port)).toMatchObject({ pid: process.pid });
  await new Promise((done) => server.close(done));
  expect(await isPortFree(port)).toBe(true);
  expect(portOwner(port)).toBeNull();
});

test('a port that the caller has promised to someone is not given twice', async () => {
  const first = await freePort(25_000);
  expect(await freePort(25_000, new Set([first]))).not.toBe(first);
});
