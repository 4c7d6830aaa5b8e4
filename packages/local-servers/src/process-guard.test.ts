// What the guard is for: a server ends when the process that started it is killed without warning.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

// Node 20 cannot run TypeScript by itself; there the same path is walked by the integration tests of the bundled cli.
test.skipIf(!process.features.typescript)(
  'a server does not outlive the killed process that started it',
  async () => {
    const module = fileURLToPath(new URL('./server-process.ts', import.meta.url));
    const code = `import(${JSON.stringify(module)}).then(async ({ startServerProcess }) => {
    const server = await startServerProcess({ name: 'sleep', command: 'sleep', args: ['60'] });
    console.log(server.pid);
    setInterval(() => {}, 1000);
  });`;
    const owner = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) =>
      owner.stdout.once('data', (text) => resolve(Number(text))),
    );
    expect(alive(pid)).toBe(true);
    owner.kill('SIGKILL');
    const deadline = Date.now() + 5_000;
    while (alive(pid) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20));
    expect(alive(pid)).toBe(false);
  },
  15_000,
);
