// `weir top` reads the events of the API, and goes on over a connection that is cut, an API that is restarted, and one without events.
import type { ChildProcess } from 'node:child_process';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EndpointActivityReply } from '@weir/api-contract';
import { startWeir, temporaryDirectory, type Weir, waitUntil } from '@weir/harness';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startCli } from './run-cli.ts';

let weir: Weir;
const directory = temporaryDirectory('top');
beforeAll(async () => {
  weir = await startWeir();
});
afterAll(async () => {
  await weir?.close();
  directory.remove();
});

/** Between the command and the API. */
let between: Server;
let url: string;
/** Of requests for activity, whether each took events. */
let asked: boolean[];
/** As a proxy that lets no reply through that goes on. */
let withoutEvents: boolean;
let isAway: boolean;
beforeEach(async () => {
  asked = [];
  withoutEvents = false;
  isAway = false;
  between = createServer((incoming, outgoing) => {
    const isActivity = incoming.url!.endsWith('/activity');
    const wantsEvents = incoming.headers.accept === 'text/event-stream';
    if (isActivity) asked.push(wantsEvents);
    if (isAway) return outgoing.destroy();
    if (wantsEvents && withoutEvents) return outgoing.writeHead(502).end('bad gateway');
    const { method, headers } = incoming;
    const onward = request(weir.apiUrl + incoming.url!, { method, headers }, (reply) => {
      outgoing.writeHead(reply.statusCode!, reply.headers);
      reply.on('error', () => outgoing.destroy()).pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.once('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(between.address() as AddressInfo).port}`;
});

let running: ChildProcess | null = null;
let stderr = '';
afterEach(async () => {
  running?.kill();
  running = null;
  between.closeAllConnections();
  await new Promise((resolve) => between.close(resolve));
});

/** Starts it; the list grows by each look. */
function startTop(...args: string[]): EndpointActivityReply[] {
  const looks: EndpointActivityReply[] = [];
  const child = startCli(directory.path, ['top', '--json', '--every', '0.3', ...args], {
    // As some write an address.
    WEIR_API_URL: `${url}/`,
    WEIR_API_KEY: weir.apiKey,
  });
  running = child;
  stderr = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    looks.push(...lines.map((line) => JSON.parse(line) as EndpointActivityReply));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return looks;
}
const seen = (looks: readonly unknown[], count: number) =>
  waitUntil(() => looks.length >= count, { what: `${count} looks are printed` });

test('all endpoints are seen as events come, by one request, and again after the connection was cut', async () => {
  const looks = startTop();
  await seen(looks, 3);
  expect(asked).toEqual([true]);
  expect(new Set(looks.map(({ at }) => at)).size).toBe(looks.length);
  expect(looks.every(({ endpointId }) => endpointId === weir.endpoint.id)).toBe(true);

  between.closeAllConnections();
  const before = looks.length;
  await seen(looks, before + 3);
  expect(asked.filter((wantsEvents) => wantsEvents).length).toBeGreaterThan(1);
  expect(stderr).toBe('');
});

test('an API that is away for a while is waited for', async () => {
  const looks = startTop(weir.endpoint.id);
  await seen(looks, 1);
  isAway = true;
  between.closeAllConnections();
  const before = asked.length;
  await waitUntil(() => asked.length >= before + 4, { what: 'it is asked again and again' });
  const told = looks.length;
  isAway = false;
  await seen(looks, told + 3);
  expect(asked.at(-1)).toBe(true);
  expect(running!.exitCode).toBeNull();
});

test('where no events come through, it is asked each time instead', async () => {
  withoutEvents = true;
  const looks = startTop(weir.endpoint.id);
  await seen(looks, 3);
  expect(asked.filter((wantsEvents) => !wantsEvents).length).toBeGreaterThanOrEqual(3);
});

test('an endpoint that is not there, and an API that never was, end it with the reason', async () => {
  const ended = () =>
    new Promise<number | null>((resolve) => running!.once('close', (code) => resolve(code)));
  startTop('ep-calm-river-a1b2c3');
  expect(await ended()).toBe(4);
  isAway = true;
  startTop(weir.endpoint.id);
  expect(await ended()).toBe(6);
});
