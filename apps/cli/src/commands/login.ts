// `weir login` and `weir logout`: one API and its key, stored for the other commands.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { apiAt } from '../api/api.ts';
import { loginFile, removeLogin, writeLogin } from '../api/login-file.ts';
import { CommandError, defineCommand, exitCodes, printJson } from '../command.ts';

export const login = defineCommand({
  name: 'login',
  usage: 'login [--api URL] [--api-key KEY]',
  summary: 'store which API to call, and the key for it',
  help: `
--api URL      (WEIR_API_URL) asked for at a terminal if it is not given
--api-key KEY  (WEIR_API_KEY) asked for at a terminal, else read from standard input
The key is tried first. What is stored is readable by you alone.`,
  options: { api: { type: 'string' }, 'api-key': { type: 'string' } },
  async run({ values }) {
    const url = values.api ?? process.env.WEIR_API_URL ?? (await ask('Address of the API: ', false));
    const key =
      values['api-key'] ??
      process.env.WEIR_API_KEY ??
      (process.stdin.isTTY ? await ask('API key: ', true) : (await text(process.stdin)).trim());
    if (key === '') throw new CommandError('no key was given', { exitCode: exitCodes.usage });
    if (!/^https?:\/\/[^\s/]/.test(url)) {
      throw new CommandError(`${url} is not the address of an API`, {
        exitCode: exitCodes.usage,
        hint: 'for instance https://api.example.com',
      });
    }
    const me = await apiAt(url, key).getMe({});
    writeLogin({ url, key });
    if (values.json) return printJson({ api: url, apiKey: me.apiKey, file: loginFile() });
    console.log(`key "${me.apiKey.name}" for ${url} is stored in ${loginFile()}`);
  },
});

export const logout = defineCommand({
  name: 'logout',
  usage: 'logout',
  summary: 'forget what login stored',
  options: {},
  async run({ values }) {
    const forgotten = removeLogin();
    if (values.json) return printJson({ forgotten });
    console.log(forgotten ? `${loginFile()} is removed` : 'nothing was stored');
  },
});

async function ask(question: string, secret: boolean): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new CommandError('there is no terminal to ask at', {
      exitCode: exitCodes.usage,
      hint: 'give --api, and --api-key or the key on standard input',
    });
  }
  process.stdout.write(question);
  // A secret is not shown as it is typed.
  const output = secret ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stdout;
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const answer = await lines.question('');
  lines.close();
  if (secret) process.stdout.write('\n');
  return answer.trim();
}
