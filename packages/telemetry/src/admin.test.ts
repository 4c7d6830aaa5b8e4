// The admin listener answers probes by status code, hands out metrics, and keeps its failures to itself.
import { afterEach, expect, test } from 'vitest';
import { AdminListenError, type AdminListener, type AdminOptions, serveAdmin } from './admin.ts';

const listeners: AdminListener[] = [];
afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

async function open(changes: Partial<AdminOptions> = {}): Promise<string> {
  const listener = await serveAdmin({
    host: '127.0.0.1',
    port: 0,
    health: () => ({ ok: true, detail: {} }),
    ready: () => ({ ok: true, detail: {} }),
    metrics: async () => 'weir_clients 1\n',
    ...changes,
  });
  listeners.push(listener);
  return `http://${listener.host}:${listener.port}`;
}

test('a probe that is ok answers 200, one that is not 503, both with their detail', async () => {
  const base = await open({ ready: async () => ({ ok: false, detail: { draining: true } }) });
  const health = await fetch(`${base}/healthz`);
  expect([health.status, await health.json()]).toEqual([200, { ok: true, detail: {} }]);
  const ready = await fetch(`${base}/readyz?verbose`);
  expect([ready.status, await ready.json()]).toEqual([503, { ok: false, detail: { draining: true } }]);
});

test('metrics are plain text in the format Prometheus asks for', async () => {
  const reply = await fetch(`${await open()}/metrics`);
  expect(reply.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await reply.text()).toBe('weir_clients 1\n');
});

test('other paths are 404 and other methods 405', async () => {
  const base = await open();
  expect((await fetch(`${base}/`)).status).toBe(404);
  expect((await fetch(`${base}/metrics`, { method: 'POST' })).status).toBe(405);
  expect((await fetch(`${base}/healthz`, { method: 'HEAD' })).status).toBe(200);
});

test('a failing function is a bare 500 and one call of onError, and the listener goes on', async () => {
  const errors: Error[] = [];
  const fail = async () => {
    throw new Error('hunter2');
  };
  const base = await open({ metrics: fail, ready: fail, onError: (error) => errors.push(error) });
  for (const path of ['/metrics', '/readyz']) {
    const reply = await fetch(base + path);
    expect([reply.status, await reply.text()]).toEqual([500, 'internal error\n']);
  }
  expect(errors).toHaveLength(2);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
});

test('a taken port is named with its reason', async () => {
  const { port } = new URL(await open());
  const second = open({ port: Number(port) });
  await expect(second).rejects.toBeInstanceOf(AdminListenError);
  await expect(second).rejects.toThrow(`127.0.0.1:${port} for probes and metrics (EADDRINUSE)`);
});

test('close ends connections that are kept alive too', async () => {
  const base = await open();
  await fetch(`${base}/healthz`);
  await listeners.splice(0)[0]?.close();
  await expect(fetch(`${base}/healthz`)).rejects.toThrow();
});
