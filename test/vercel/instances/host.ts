// A process with isolated instances of one function, as the platform runs them: each with a module scope, and so a pool, of its own.
import { pathToFileURL } from 'node:url';

/** What the platform asks for. */
interface Call {
  readonly call: number;
  /** Which instance; an unknown one is started cold. */
  readonly instance: number;
}

interface Bundle {
  GET(request: Request): Promise<Response>;
}

const bundle = pathToFileURL(process.env.WEIR_FUNCTION!).href;
const context = Symbol.for('@vercel/request-context');
let pending: Promise<unknown>[] = [];
// What @vercel/functions asks for the rest of a request's life.
Object.assign(globalThis, {
  [context]: { get: () => ({ waitUntil: (promise: Promise<unknown>) => pending.push(promise) }) },
});

async function answer({ call, instance }: Call): Promise<void> {
  const began = performance.now();
  const reply: Record<string, unknown> = { call };
  try {
    // A module is made once for each address, query and all.
    const loaded = (await import(`${bundle}?instance=${instance}`)) as Bundle;
    const response = await loaded.GET(new Request('http://function.test/'));
    Object.assign(reply, { status: response.status, body: await response.json() });
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    Object.assign(reply, { status: 500, error: code === undefined ? message : `${code} ${message}` });
  }
  process.send!({ ...reply, ms: performance.now() - began });
  // The instance is not frozen before these are settled.
  await Promise.allSettled(pending);
  pending = [];
  process.send!({ settled: call });
}

process.on('message', (message) => void answer(message as Call));
process.on('disconnect', () => process.exit(0));
process.send!({ ready: true });
