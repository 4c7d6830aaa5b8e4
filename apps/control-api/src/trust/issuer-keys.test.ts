// How long keys of an issuer are kept, and how often it is asked for them whatever comes.
import type { JSONWebKeySet } from 'jose';
import { beforeEach, expect, test } from 'vitest';
import { IssuerError, IssuerKeys } from './issuer-keys.ts';

let now = 0;
let fetches: number;
let published: string[] | null;
let keys: IssuerKeys;
beforeEach(() => {
  fetches = 0;
  published = ['one'];
  keys = new IssuerKeys(
    async () => {
      fetches++;
      if (published === null) throw new IssuerError('away');
      return setOf(published);
    },
    () => now,
  );
});

const setOf = (ids: readonly string[]): JSONWebKeySet => ({ keys: ids.map((kid) => ({ kty: 'EC', kid })) });
const ask = (keyId?: string, issuer = 'https://a') => keys.of(issuer, keyId);

test('many who ask at once, and everybody for ten minutes, are served by one fetch', async () => {
  await Promise.all(Array.from({ length: 20 }, () => ask('one')));
  now += 599_999;
  expect(await ask('one')).toEqual(setOf(['one']));
  expect(fetches).toBe(1);
  now += 1;
  await ask();
  expect(fetches).toBe(2);
});

test('an unknown key is asked for at once, but no more than once in ten seconds', async () => {
  await ask('one');
  published = ['two'];
  now += 10_000;
  expect(await ask('two')).toEqual(setOf(['two']));
  expect(fetches).toBe(2);
  for (let i = 0; i < 100; i++) await ask(`made up ${i}`);
  expect(fetches).toBe(2);
  now += 10_000;
  for (let i = 0; i < 100; i++) await ask(`made up ${i}`);
  expect(fetches).toBe(3);
});

test('while an issuer is away its keys are believed for an hour, and it is asked once in ten seconds', async () => {
  await ask('one');
  published = null;
  now += 3_599_999;
  expect(await ask('one')).toEqual(setOf(['one']));
  now += 1;
  await expect(ask('one')).rejects.toThrow('away');
  await expect(ask('one')).rejects.toThrow('away');
  expect(fetches).toBe(2);
  published = ['one'];
  now += 10_000;
  expect(await ask('one')).toEqual(setOf(['one']));
});

test('issuers are asked apart, and the one not asked for longest is forgotten beyond a thousand', async () => {
  for (let i = 0; i <= 1_000; i++) await ask('one', `https://${i}`);
  expect(fetches).toBe(1_001);
  await ask('one', 'https://1');
  expect(fetches).toBe(1_001);
  await ask('one', 'https://0');
  expect(fetches).toBe(1_002);
});
