// Ports of a local Weir, against real listeners.
import { type AddressInfo, createServer, type Server } from 'node:net';
import { freePort } from '@weir/local-servers';
import { afterEach, expect, test } from 'vitest';
import { choosePorts } from './choose-ports.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
const takePort = async () => {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
};
const said: string[] = [];
const progress = {
  say: (line: string) => said.push(line),
  step: <T>(_: string, work: () => Promise<T>) => work(),
};
const lastPorts = async () => {
  const taken = new Set<number>();
  const next = async () => {
    const port = await freePort(undefined, taken);
    taken.add(port);
    return port;
  };
  return {
    pooler: await next(),
    admin: await next(),
    api: await next(),
    catalog: await next(),
    demo: await next(),
  };
};

test('the ports of the last start are taken again', async () => {
  const last = await lastPorts();
  expect(await choosePorts({}, last, 0, progress)).toEqual(last);
});

test('a port that is taken by now is named with its owner, and a free one is used', async () => {
  const port = await takePort();
  const last = { ...(await lastPorts()), api: port };
  const chosen = await choosePorts({}, last, 0, progress);
  expect(chosen.api).not.toBe(port);
  expect(said.at(-1)).toContain(`port ${port} is taken`);
  if (process.platform === 'linux') expect(said.at(-1)).toContain(`pid ${process.pid}`);
});

test('a taken port that was asked for is refused, and a free one is offered', async () => {
  const port = await takePort();
  await expect(choosePorts({ pooler: port }, await lastPorts(), 0, progress)).rejects.toMatchObject({
    message: expect.stringContaining(`port ${port} for the pooler is taken`),
    hint: expect.stringMatching(/^port \d+ is free$/),
  });
});

test('ports that an ending Weir still holds are waited for', async () => {
  const port = await takePort();
  const choosing = choosePorts({}, { ...(await lastPorts()), pooler: port }, 10_000, progress);
  servers.pop()!.close();
  expect((await choosing).pooler).toBe(port);
});
