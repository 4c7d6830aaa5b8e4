// What the API's schemas take and refuse, and which field they name.
import { expect, test } from 'vitest';
import { changeEndpointBodySchema, createTenantBodySchema, pageQuerySchema, ramBytesOf } from './index.ts';

const body = {
  name: 'Shop',
  upstream: { host: 'db.example.com', database: 'shop', user: 'app', password: 's3cret' },
  computeRamGb: 1,
};

/** The dotted paths of what a schema refuses. */
function fieldsOf(result: { success: boolean; error?: { issues: { path: PropertyKey[]; code: string }[] } }) {
  expect(result.success).toBe(false);
  return result.error!.issues.map((issue) => issue.path.join('.'));
}

test('a small body is enough, and defaults fill the rest', () => {
  const parsed = createTenantBodySchema.parse(body);
  expect(parsed.upstream.port).toBe(5432);
  expect(parsed.upstream.tlsMode).toBe('require');
  expect(ramBytesOf(parsed)).toBe(1_073_741_824);
});

test('unknown fields are refused at every depth', () => {
  for (const wrong of [
    { ...body, colour: 'red' },
    { ...body, upstream: { ...body.upstream, sslmode: 'require' } },
    { ...body, settings: { poolsize: 5 } },
    { ...body, sizing: { divisor: 5 } },
  ]) {
    const result = createTenantBodySchema.safeParse(wrong);
    expect(result.success).toBe(false);
    expect(result.error!.issues[0]!.code).toBe('unrecognized_keys');
  }
});

test('exactly one way to name memory is taken', () => {
  const { computeRamGb: _, ...without } = body;
  expect(fieldsOf(createTenantBodySchema.safeParse(without))).toEqual(['computeRamBytes']);
  expect(fieldsOf(createTenantBodySchema.safeParse({ ...body, computeRamBytes: 5 }))).toEqual([
    'computeRamBytes',
  ]);
  expect(ramBytesOf({ computeRamBytes: 5 })).toBe(5);
  expect(ramBytesOf({})).toBeNull();
});

test('the field at fault is named by its path', () => {
  const upstream = (change: object) =>
    createTenantBodySchema.safeParse({ ...body, upstream: { ...body.upstream, ...change } });
  expect(fieldsOf(upstream({ port: 70_000 }))).toEqual(['upstream.port']);
  expect(fieldsOf(upstream({ host: 'https://db' }))).toEqual(['upstream.host']);
  expect(fieldsOf(upstream({ tlsMode: 'prefer' }))).toEqual(['upstream.tlsMode']);
  expect(fieldsOf(upstream({ user: 'é'.repeat(32) }))).toEqual(['upstream.user']);
  expect(fieldsOf(upstream({ password: 'a\0b' }))).toEqual(['upstream.password']);
  expect(fieldsOf(createTenantBodySchema.safeParse({ ...body, name: '  ' }))).toEqual(['name']);
});

test('a stored password is not carried to another server', () => {
  for (const upstream of [{ host: 'other' }, { port: 1 }, { user: 'other' }]) {
    expect(fieldsOf(changeEndpointBodySchema.safeParse({ upstream }))).toEqual(['upstream.password']);
    expect(changeEndpointBodySchema.safeParse({ upstream: { ...upstream, password: 'p' } }).success).toBe(
      true,
    );
  }
  expect(changeEndpointBodySchema.safeParse({ upstream: { tlsMode: 'verify-full' } }).success).toBe(true);
});

test('a page is limited, and says so by default', () => {
  expect(pageQuerySchema.parse({})).toEqual({ limit: 50 });
  expect(pageQuerySchema.safeParse({ limit: '500' }).success).toBe(false);
});
