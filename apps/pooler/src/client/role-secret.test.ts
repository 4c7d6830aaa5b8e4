// What is made up for roles that are not there: the same for whoever asks twice, and little of it, whatever strangers ask for.
import { defaultIterations } from '@weir/scram';
import { expect, test } from 'vitest';
import { endpointOf } from '../testing/endpoint.ts';
import { secretInHand } from './role-secret.ts';
import { outcomeOf } from './steps.ts';

const roleSecrets = {
  supersedes: () => false,
  known: () => null,
  usualIterations: () => null,
} as unknown as Parameters<typeof secretInHand>[2]['roleSecrets'];
const mockSecret = new Uint8Array(32).fill(1);

const endpoints = Array.from({ length: 3 }, (_, i) => endpointOf({ endpointId: `ep-calm-river-a1b2c${i}` }));

async function madeUp(endpoint: (typeof endpoints)[number], role: string) {
  const secret = await outcomeOf(
    secretInHand(endpoint, role, { roleSecrets, mockSecret, wallNow: Date.now }),
  );
  expect(secret.real).toBe(false);
  return secret.verifier;
}

test('who asks for a role twice meets what was made up the first time, until many were asked for, at whatever endpoints', async () => {
  const [first] = endpoints;
  const verifier = await madeUp(first!, 'nobody');
  expect(verifier.iterations).toBe(defaultIterations);
  expect(await madeUp(first!, 'nobody')).toBe(verifier);
  for (const endpoint of endpoints) {
    for (let i = 0; i < 400; i++) await madeUp(endpoint, `stranger-${i}`);
  }
  const again = await madeUp(first!, 'nobody');
  expect(again).not.toBe(verifier);
  expect(again).toEqual(verifier);
});

test('nothing is kept for a name that is longer than any role has', async () => {
  const [first] = endpoints;
  const name = 'x'.repeat(5_000);
  const verifier = await madeUp(first!, name);
  const again = await madeUp(first!, name);
  expect(again).not.toBe(verifier);
  expect(again).toEqual(verifier);
});

test('an endpoint whose secret was changed makes up something else', async () => {
  const [first] = endpoints;
  const verifier = await madeUp(first!, 'nobody');
  const changed = endpointOf({
    endpointId: first!.endpointId,
    mockSecret: Buffer.alloc(32, 8).toString('base64'),
  });
  expect((await madeUp(changed, 'nobody')).salt).not.toEqual(verifier.salt);
});
