// The `weir` command: finds the command that was asked for, runs it, and turns what it throws into an exit code.
import { type Command, CommandError } from './command.ts';
import { bans } from './commands/bans.ts';
import { certs } from './commands/certs.ts';
import { completionOf } from './commands/completion.ts';
import { credentials } from './commands/credentials.ts';
import { cs } from './commands/cs.ts';
import { doctor } from './commands/doctor.ts';
import { endpoints } from './commands/endpoints.ts';
import { importIni } from './commands/import.ts';
import { login, logout } from './commands/login.ts';
import { oneProcess } from './commands/one-process.ts';
import { drain, kill, pause, reconnect, resume } from './commands/orders.ts';
import { pins } from './commands/pins.ts';
import { psql } from './commands/psql.ts';
import { roles } from './commands/roles.ts';
import { sealKey } from './commands/seal-key.ts';
import { seed } from './commands/seed.ts';
import { tenants } from './commands/tenants.ts';
import { top } from './commands/top.ts';
import { trustRules } from './commands/trust-rules.ts';
import { up } from './commands/up.ts';
import { usage as usageCommand } from './commands/usage.ts';
import { webhooks } from './commands/webhooks.ts';

const commands: readonly Command[] = [
  ...[
    up,
    login,
    logout,
    tenants,
    endpoints,
    roles,
    credentials,
    trustRules,
    cs,
    psql,
    top,
    pins,
    usageCommand,
    doctor,
    importIni,
    webhooks,
  ],
  ...[pause, resume, reconnect, kill, drain, bans],
  ...[completionOf(() => commands), seed, certs, sealKey, oneProcess],
];

function usage(): string {
  const shown = commands.filter((command) => command.summary !== null);
  const width = Math.max(...shown.map((command) => command.name.length));
  const lines = shown.map((command) => `  weir ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    'Usage:',
    ...lines,
    '',
    'Every command takes --json for output that programs read, and --help.',
    'Exit codes: 0 done, 1 failed, 2 called wrongly, 3 no or wrong key, 4 not found, 5 refused, 6 no answer.',
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
  // What stands behind -- is for another program.
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  if (own.includes('--help') || own.includes('-h')) {
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
