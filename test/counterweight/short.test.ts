// The short form of the counterweight: two ORMs still share their server connections, and the gauge sees it when clients do not.
import { temporaryDirectory } from '@weir/harness';
import { expect, test } from 'vitest';
import { type Load, measureStack } from './src/measure-stack.ts';
import { nodeProgram, nodeStacks } from './src/node-stacks.ts';
import { isAccepted, type Missing, type Program } from './src/stack.ts';

const scratchDir = temporaryDirectory('counterweight').path;
const where = { folder: import.meta.dirname, cacheDir: scratchDir, scratchDir };
// One server connection, so that few clients are enough.
const load: Load = { clients: 55, poolSize: 1, seconds: 1, pauseMs: 100 };

/** A test of a program, or one that is skipped with the reason in its name. */
function testOf(title: string, program: Program | Missing, run: (program: Program) => Promise<void>): void {
  // The reason is in the title.
  if ('missing' in program) test.skip(`${title} (skipped: ${program.missing})`);
  else test(title, () => run(program));
}

for (const stack of nodeStacks) {
  if (!['Drizzle on postgres.js', 'Sequelize'].includes(stack.name)) continue;
  const title = `${stack.name} runs unpinned, with 50 clients for each server connection`;
  testOf(title, stack.prepare(where), async (program) => {
    const measured = await measureStack(stack.name, program, load);
    expect(measured).toMatchObject({ errors: {}, pins: {}, unpinnedShare: 1 });
    expect(measured.roundsLeast).toBeGreaterThan(0);
    // Two rounds of each client at the least, of ten transactions at the least.
    expect(measured.transactions).toBeGreaterThan(load.clients * 20);
    expect(isAccepted(measured), JSON.stringify(measured)).toBe(true);
  });
}

testOf(
  'clients that pin are counted, their application is not accepted, and their statement is named',
  nodeProgram(where, 'pinning.ts'),
  async (program) => {
    const measured = await measureStack('pinning', program, {
      clients: 10,
      poolSize: 2,
      seconds: 1,
      pauseMs: 0,
    });
    expect(measured).toMatchObject({ errors: {}, pins: { 'temp-object': 5 }, servers: 7 });
    // Half of the clients, which do two transactions a round where the others do one, and need not wait for a server.
    expect(measured.unpinnedShare).toBeLessThan(0.5);
    expect(measured.suspects).toEqual([
      'temp-object: create temp table if not exists basket (product integer)',
    ]);
    expect(isAccepted(measured)).toBe(false);
  },
);
