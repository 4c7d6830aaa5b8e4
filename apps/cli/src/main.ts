// The `weir` command: finds the command that was asked for, runs it, and turns what it throws into an exit code.
import { type Command, CommandError } from './command.ts';
import { certs } from './commands/certs.ts';
import { cs } from './commands/cs.ts';
import { oneProcess } from './commands/one-process.ts';
import { sealKey } from './commands/seal-key.ts';
import { seed } from './commands/seed.ts';
import { tenants } from './commands/tenants.ts';
import { up } from './commands/up.ts';

const commands: readonly Command[] = [up, tenants, cs, seed, certs, sealKey, oneProcess];

function usage(): string {
  const shown = commands.filter((command) => command.summary !== null);
  const width = Math.max(...shown.map((command) => command.usage.length));
  const lines = shown.map((command) => `  weir ${command.usage.padEnd(width)}  ${command.summary}`);
  return [
    'Usage:',
    ...lines,
    '',
    'Every command takes --json for output that programs read, and --help.',
  ].join('\n');
}

async function run(words: readonly string[]): Promise<number> {
  const [name, ...args] = words;
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(usage());
    return name === undefined ? 2 : 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined)
    throw new CommandError(`there is no command "${name}"`, { exitCode: 2, hint: usage() });
  if (args.includes('--help') || args.includes('-h')) {
    console.log(`Usage: weir ${command.usage}\n\n${command.summary}\n${command.help}`);
    return 0;
  }
  return (await command.run(args)) ?? 0;
}

const words = process.argv.slice(2);
try {
  process.exitCode = await run(words);
} catch (error) {
  const { message, hint, output, exitCode } = CommandError.of(error);
  if (words.includes('--json')) {
    console.error(JSON.stringify({ error: message, ...(hint && { hint }) }));
  } else {
    console.error(`weir: ${message}`);
    if (output) console.error(output.replace(/^/gm, '  | '));
    if (hint) console.error(hint);
  }
  // At once: what failed may have left something waiting.
  process.exit(exitCode);
}
