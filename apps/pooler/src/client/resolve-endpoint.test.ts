// Which endpoint wins when a client names it in one, two or three places, and what is said when it names none.
import { expect, test } from 'vitest';
import { PoolerError } from '../errors.ts';
import { type EndpointClaim, resolveEndpoint } from './resolve-endpoint.ts';

const id = 'ep-calm-river-a1b2c3';
const other = 'ep-bold-stone-x9y8z7';
const claim = (part: Partial<EndpointClaim>): EndpointClaim => ({
  servername: null,
  domains: ['db.localhost', 'eu.weir.example'],
  options: undefined,
  user: 'app',
  pooledOnly: false,
  ...part,
});

function refusal(part: Partial<EndpointClaim>): PoolerError {
  try {
    resolveEndpoint(claim(part));
  } catch (error) {
    if (error instanceof PoolerError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

test('the server name of TLS names the endpoint and its side, under any of the domains', () => {
  expect(resolveEndpoint(claim({ servername: `${id}-pooler.db.localhost` }))).toEqual({
    endpointId: id,
    pooled: true,
    role: 'app',
    options: undefined,
  });
  expect(resolveEndpoint(claim({ servername: `${id.toUpperCase()}.EU.weir.example.` }))).toMatchObject({
    endpointId: id,
    pooled: false,
  });
});

test('options name the endpoint in each form, and what is left of them is kept with its escapes', () => {
  const left = (options: string) => {
    const {
      endpointId,
      pooled,
      options: rest,
    } = resolveEndpoint(claim({ servername: 'localhost', options }));
    expect(endpointId).toBe(id);
    return [pooled, rest];
  };
  expect(left(`endpoint=${id}`)).toEqual([false, undefined]);
  expect(left(`endpoint=${id}-pooler -c search_path=a\\ b`)).toEqual([true, '-c search_path=a\\ b']);
  expect(left(`-c endpoint=${id} -c work_mem=1MB`)).toEqual([false, '-c work_mem=1MB']);
  expect(left(`-c work_mem=1MB  -cendpoint=${id}-pooler`)).toEqual([true, '-c work_mem=1MB']);
  expect(left(`--endpoint=${id}`)).toEqual([false, undefined]);
});

test('the user name names the endpoint, and a role with dots keeps them', () => {
  expect(resolveEndpoint(claim({ user: `app.${id}-pooler` }))).toMatchObject({ pooled: true, role: 'app' });
  expect(resolveEndpoint(claim({ user: `a.b.${id}` }))).toMatchObject({ pooled: false, role: 'a.b' });
  expect(resolveEndpoint(claim({ user: 'a.b', servername: `${id}.db.localhost` })).role).toBe('a.b');
});

test('a listener that pools everything overrides the direct side', () => {
  expect(resolveEndpoint(claim({ user: `app.${id}`, pooledOnly: true })).pooled).toBe(true);
});

test('the same endpoint in several places is fine, also where only the host name says pooled', () => {
  const everywhere = {
    servername: `${id}-pooler.db.localhost`,
    options: `endpoint=${id}`,
    user: `app.${id}`,
  };
  expect(resolveEndpoint(claim(everywhere))).toMatchObject({ endpointId: id, pooled: true, role: 'app' });
});

test('two different endpoints are refused by both names, and so is pooled in options on a direct host', () => {
  const error = refusal({ servername: `${id}.db.localhost`, options: `endpoint=${other}` });
  expect(error.code).toBe('ENDPOINT_CONFLICT');
  expect(error.message).toContain(`${id} in its host name and ${other} in its options`);
  expect(refusal({ options: `endpoint=${id} endpoint=${other}` }).code).toBe('ENDPOINT_CONFLICT');
  expect(refusal({ servername: `${id}.db.localhost`, options: `endpoint=${id}-pooler` }).code).toBe(
    'ENDPOINT_CONFLICT',
  );
  expect(refusal({ servername: `${id}.db.localhost`, user: `app.${other}` }).code).toBe('ENDPOINT_CONFLICT');
});

test('no endpoint at all is told how to name one', () => {
  const error = refusal({ servername: 'localhost' });
  expect(error.code).toBe('ENDPOINT_MISSING');
  expect(error.sqlstate).toBe('08004');
  expect(error.hint).toContain('options=endpoint=');
});

test('a name that is not an endpoint id is repeated to the client', () => {
  expect(refusal({ servername: 'nope.db.localhost' }).message).toBe('endpoint "nope" does not exist');
  expect(refusal({ options: 'endpoint=nope' }).message).toBe('endpoint "nope" does not exist');
});

test('a missing user is refused as Postgres does', () => {
  for (const user of [undefined, '', `.${id}`]) {
    const error = refusal({ user, servername: `${id}.db.localhost` });
    expect([error.sqlstate, error.message]).toEqual([
      '28000',
      'no PostgreSQL user name specified in startup packet',
    ]);
  }
});
