// What is due shows at control-api though it does no jobs itself, and what was done shows at the worker that did it.
import { waitUntil } from '@weir/harness';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Receiver, startReceiver } from '../webhooks/receiver.ts';
import { type ControlPlane, createTenant, startControlPlane } from './control-plane.ts';

let plane: ControlPlane;
let receiver: Receiver;
beforeAll(async () => {
  [plane, receiver] = await Promise.all([startControlPlane(), startReceiver()]);
});
afterAll(async () => {
  await plane?.close();
  await receiver?.close();
});

/** The value of one sample, or null. */
async function sample(url: string, name: string): Promise<number | null> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? null : Number(line.slice(name.length + 1));
}
const ofApi = (name: string) => sample(plane.api.url, name);
const ofWorker = (name: string) => sample(`http://${plane.worker.ready.admin}`, name);

test('what no worker does is seen to grow old, and what one has done since is counted there', async () => {
  const { webhook } = await plane.api.call<{ webhook: { id: string } }>('POST', '/v1/webhooks', {
    url: receiver.url,
    events: ['tenant.changed'],
  });
  await plane.parts.worker.kill();
  await plane.api.call('POST', `/v1/webhooks/${webhook.id}/test`);
  const { tenant } = await createTenant(plane);
  await plane.api.call('PATCH', `/v1/tenants/${tenant.id}`, { name: 'Mill' });
  const due = async (job: string) => ({
    count: await ofApi(`weir_jobs_due{job="${job}"}`),
    seconds: await ofApi(`weir_jobs_oldest_due_seconds{job="${job}"}`),
  });
  await waitUntil(async () => (await due('deliver-webhooks')).count === 2, {
    what: 'two deliveries are due',
  });
  await waitUntil(async () => (await due('publish')).seconds! > 2, { what: 'a change has grown old' });
  expect((await due('publish')).count).toBeGreaterThan(0);
  expect(await ofApi('weir_job_runs_total{job="publish"}')).toBeNull();

  await plane.parts.worker.start();
  await waitUntil(async () => (await due('deliver-webhooks')).count === 0, { what: 'nothing is due' });
  expect(await due('deliver-webhooks')).toEqual({ count: 0, seconds: 0 });
  expect(await due('publish')).toEqual({ count: 0, seconds: 0 });
  expect(receiver.received).toHaveLength(2);
  for (const job of ['publish', 'deliver-webhooks', 'roll-up-usage', 'watch-health', 'prune', 'seal-again']) {
    await waitUntil(async () => (await ofWorker(`weir_job_runs_total{job="${job}"}`))! > 0, {
      what: `${job} was run`,
    });
    expect(await ofWorker(`weir_job_seconds_count{job="${job}"}`)).toBeGreaterThan(0);
  }

  const failures = () => ofWorker('weir_job_failures_total{job="publish"}');
  const before = (await failures())!;
  await plane.parts.catalog.kill();
  await waitUntil(async () => (await failures())! > before, { what: 'a run that fails is counted' });
  // Of a catalog that is away nothing is known, and a scrape says the rest all the same.
  await waitUntil(async () => (await ofApi('weir_jobs_due{job="publish"}')) === null, {
    what: 'what is due is left out',
  });
  expect(await ofApi('process_start_time_seconds')).toBeGreaterThan(0);
  await plane.parts.catalog.start();
  await waitUntil(async () => (await ofApi('weir_jobs_due{job="publish"}')) === 0, {
    what: 'what is due is told again',
  });
});
