// Starts the application of these tests, which connects by a string copied from the dashboard, and talks with it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A connected application. */
export interface Application {
  /** Runs one statement and gives its rows. */
  run(statement: string): Promise<Record<string, unknown>[]>;
  /** Lets it leave in order. Rejects if it ended in any other way. */
  close(): Promise<void>;
}

/** `caFile` is trusted as a machine's own authority would be; nothing else is added to what the string says. */
export function runApplication(connectionString: string, caFile: string): Application {
  const child = spawn(process.execPath, [fileURLToPath(new URL('application.mjs', import.meta.url))], {
    env: { PATH: process.env.PATH, DATABASE_URL: connectionString, NODE_EXTRA_CA_CERTS: caFile },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  // A write after its end is told by its exit.
  child.stdin.on('error', () => {});
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async run(statement) {
      child.stdin.write(`${statement}\n`);
      const line = await lines.next();
      if (line.done) throw new Error(`the application ended:\n${errors}`);
      return JSON.parse(line.value) as Record<string, unknown>[];
    },
    async close() {
      child.stdin.end();
      const [code] = await ended;
      if (code !== 0) throw new Error(`the application ended with ${code}:\n${errors}`);
    },
  };
}

/** Who the database says the application is on a connection string, or the error with which it ended. */
export async function loggedInAs(connectionString: string, caFile: string): Promise<unknown> {
  const application = runApplication(connectionString, caFile);
  try {
    const [row] = await application.run('select session_user as role');
    await application.close();
    return row?.role;
  } catch (error) {
    return (error as Error).message;
  }
}
