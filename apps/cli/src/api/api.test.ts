// What commands hear of an API: what it replies, what it refuses, and what is no API at all.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from '../command.ts';
import { type Api, allPages, apiAt } from './api.ts';

/** What the server answers, by the path asked for. */
let answer: (request: IncomingMessage) => { status: number; text: string };
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  const { status, text } = answer(request);
  response.writeHead(status).end(text);
});
let api: Api;
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api = apiAt(`${url}//`, 'a key');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const params = { endpointId: 'ep-calm-river-a1b2c3' };

test('a refusal says what is wrong, field by field, and what to do', async () => {
  const problem = {
    type: '/problems/validation-failed',
    title: 'The request is wrong',
    status: 422,
    detail: 'one field',
    action: 'correct it',
    errors: [{ field: 'source', message: 'is none' }],
    requestId: 'r',
  };
  answer = () => ({ status: 422, text: JSON.stringify(problem) });
  await expect(api.clearBans({ params, body: { source: 'as it was typed' } })).rejects.toMatchObject({
    name: 'ApiProblem',
    status: 422,
    slug: 'validation-failed',
    message: 'The request is wrong: one field\n  source: is none',
    hint: 'correct it',
    exitCode: exitCodes.refused,
  });
});

test('what stands in between is quoted, and a reply of another version is told as one', async () => {
  answer = () => ({ status: 502, text: '<html>bad gateway' });
  await expect(api.getBans({ params })).rejects.toMatchObject({
    message: 'the API answered 502: <html>bad gateway',
    exitCode: exitCodes.failed,
  });
  answer = () => ({ status: 200, text: '<html>' });
  await expect(api.getBans({ params })).rejects.toMatchObject({
    message: `the API at ${url} answered GET /v1/endpoints/ep-calm-river-a1b2c3/bans in a way this version does not know`,
  });
});

test('where nothing answers, the address is named', async () => {
  await expect(apiAt('http://127.0.0.1:2', 'a key').getMe({})).rejects.toMatchObject({
    message: 'the API at http://127.0.0.1:2 does not answer (ECONNREFUSED)',
    exitCode: exitCodes.unreachable,
  });
});

test('a list is asked for in pages of 200 until it ends', async () => {
  asked.length = 0;
  answer = ({ url: path }) => ({
    status: 200,
    text: JSON.stringify({
      items: [],
      nextCursor: path?.includes('cursor') ? null : 'wh_00000000000000000000',
    }),
  });
  expect(await allPages((query) => api.listWebhooks({ query }))).toEqual([]);
  expect(asked).toEqual([
    'GET /v1/webhooks?limit=200',
    'GET /v1/webhooks?limit=200&cursor=wh_00000000000000000000',
  ]);
});
