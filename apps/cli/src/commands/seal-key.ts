// `weir seal-key`: the file with the keys that seal secrets in the catalog and in shared state: made, and rotated step by step.
import { setTimeout as wait } from 'node:timers/promises';
import type { SealKeyReply, SealKeysReply } from '@weir/api-contract';
import { ensureSealKeyFile } from '@weir/local-servers';
import type { Api } from '../api/api.ts';
import { apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { addSealKey, idsIn, putSealKeyFirst, removeSealKey } from '../change-seal-keys.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson, tableOf } from '../command.ts';

const actions = ['status', 'rotate', 'add', 'use', 'remove'] as const;

export const sealKey = defineCommand({
  name: 'seal-key',
  usage: 'seal-key FILE | status | rotate FILE | add FILE | use FILE KEY | remove FILE KEY',
  summary: 'make the file with the key that seals secrets, or rotate the key',
  help: `
FILE                what control-api, its workers and every pooler read (WEIR_SEAL_KEY_FILE); made with a fresh key unless
                    it is there. Keep a copy: without it, what it sealed is lost.
status              what each key still seals, who has it, and which may be removed
rotate FILE         all of the next three, where every process reads this very file; waits up to --wait seconds (600).
                    The old key stays in the file, unless --remove is given.
add FILE            adds a fresh key, which opens and does not seal yet
use FILE KEY        lets it seal, once every process has it; what older keys sealed is then sealed again
remove FILE KEY     takes a key out of the file, if nothing needs it any more
docs/seal-keys.md says how to rotate where each machine has a file of its own.
${apiHelp}`,
  actions: [...actions],
  options: { ...apiOptions, wait: { type: 'string' }, remove: { type: 'boolean' } },
  async run({ values, positionals }) {
    const [action, ...words] = positionals;
    const done = (result: object, text: string) => (values.json ? printJson(result) : console.log(text));
    switch (action) {
      case 'status': {
        const status = await chooseApi(values).getSealKeys({});
        return values.json ? printJson(status) : console.log(statusText(status));
      }
      case 'rotate': {
        const file = onlyWord(words, 'the key file');
        const rotated = await rotate(file, chooseApi(values), {
          remove: values.remove === true,
          waitMs: secondsOf(values.wait) * 1000,
          tell: (text) => values.json !== true && console.log(text),
        });
        const { removed, old } = rotated;
        const left = old.map((id) => `weir seal-key remove ${file} ${id}`).join('; ');
        return done(
          rotated,
          removed.length > 0 ? `removed ${removed.join(', ')}` : `no longer needed: ${left}`,
        );
      }
      case 'add': {
        const id = addSealKey(onlyWord(words, 'the key file'));
        return done(
          { added: id },
          `added ${id}; when weir seal-key status shows it everywhere: weir seal-key use`,
        );
      }
      case 'use': {
        const [file, id] = fileAndKey(words);
        insistEverywhere(await chooseApi(values).getSealKeys({}), id);
        putSealKeyFirst(file, id);
        return done({ sealing: id }, `${id} seals now; weir seal-key status shows what others still seal`);
      }
      case 'remove': {
        const [file, id] = fileAndKey(words);
        insistNeedless(await chooseApi(values).getSealKeys({}), id);
        removeSealKey(file, id);
        return done({ removed: id }, `removed ${id}`);
      }
      default: {
        const file = onlyWord(positionals, 'one file');
        const made = ensureSealKeyFile(file);
        return done({ file, made }, `${file}: ${made ? 'made' : 'is there already'}`);
      }
    }
  },
});

/** Adds a key, lets it seal, and waits until the others are needed no more. Throws CommandError; what was done until then stays. */
async function rotate(
  file: string,
  api: Api,
  given: { readonly remove: boolean; readonly waitMs: number; readonly tell: (text: string) => void },
) {
  const deadline = Date.now() + given.waitMs;
  const old = idsIn(file);
  const insistNothingLost = (status: SealKeysReply) => {
    for (const key of status.keys) if (!key.inFile && isNeeded(key)) throw stillNeeded(key);
  };
  insistNothingLost(await api.getSealKeys({}));
  const id = addSealKey(file);
  given.tell(`added ${id}, waiting until every process has it`);
  await holds(api, deadline, (status) => insistEverywhere(status, id));
  putSealKeyFirst(file, id);
  given.tell(`${id} seals now, waiting until what older keys sealed is sealed again`);
  await holds(api, deadline, (status) => {
    for (const one of old) insistNeedless(status, one);
  });
  if (given.remove) for (const one of old) removeSealKey(file, one);
  return { sealing: id, old, removed: given.remove ? old : [] };
}

/** Resolves when `insist` no longer throws; rejects with what it threw last. */
async function holds(api: Api, deadline: number, insist: (status: SealKeysReply) => void): Promise<void> {
  for (;;) {
    const status = await api.getSealKeys({});
    try {
      return insist(status);
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await wait(250);
  }
}

function insistEverywhere({ keys, processes }: SealKeysReply, id: string): void {
  const key = keys.find((one) => one.id === id);
  if (key?.mayBeUsed) return;
  const faults = processes.flatMap(({ processId, fault }) =>
    fault === null ? [] : `${processId}: ${fault}`,
  );
  throw new CommandError(`not every process has the key "${id}" yet`, {
    exitCode: exitCodes.refused,
    output: faults.join('\n') || null,
    hint: `without it: ${key === undefined || key.missingAt.length === 0 ? 'control-api' : key.missingAt.join(', ')}. They read their file each second.`,
  });
}

function insistNeedless({ keys }: SealKeysReply, id: string): void {
  const key = keys.find((one) => one.id === id);
  if (key !== undefined && isNeeded(key)) throw stillNeeded(key);
}

function isNeeded(key: SealKeyReply): boolean {
  return !key.mayBeRemoved;
}

function stillNeeded(key: SealKeyReply): CommandError {
  return new CommandError(`the key "${key.id}" is still needed: it ${needOf(key).join(', ')}`, {
    exitCode: exitCodes.refused,
    hint: key.inFile
      ? 'weir seal-key use FILE KEY lets another one seal; then wait until weir seal-key status says that this one may be removed'
      : 'it is gone from the key file of control-api: put it back from your copy, and what it sealed is sealed again',
  });
}

const words: Readonly<Record<keyof SealKeyReply['seals'], string>> = {
  servicePasswords: 'passwords that Weir logs in with',
  rolePasswords: 'passwords of roles',
  webhookSecrets: 'secrets of webhooks',
  keptReplies: 'kept replies',
  catalogSecrets: 'secret of the catalog',
  publishedEndpoints: 'published endpoints',
};

function needOf({ seals, sealingAt }: SealKeyReply): string[] {
  const counts = Object.entries(words)
    .map(([kind, word]) => [seals[kind as keyof typeof seals], word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return [
    ...(counts.length > 0 ? [`seals ${counts.join(', ')}`] : []),
    ...(sealingAt.length > 0 ? [`is what new secrets are sealed with at ${sealingAt.join(', ')}`] : []),
  ];
}

function statusText({ keys, processes }: SealKeysReply): string {
  const rows = keys.map((key) => {
    const state = !key.inFile ? 'missing' : key.mayBeRemoved ? 'may be removed' : 'needed';
    return [key.id, state, needOf(key).join('; ') || 'nothing', key.missingAt.join(' ') || '-'];
  });
  const faults = processes.flatMap(({ process, processId, fault }) =>
    fault === null ? [] : [`${process} ${processId}: ${fault}`],
  );
  return [tableOf(['KEY', 'STATE', 'WHAT IT DOES', 'NOT AT'], rows), ...faults].join('\n');
}

function fileAndKey(given: readonly string[]): readonly [file: string, id: string] {
  const [file, ...rest] = given;
  return [onlyWord(file === undefined ? [] : [file], 'the key file'), onlyWord(rest, 'a key by its id')];
}

function secondsOf(text = '600'): number {
  const seconds = Number(text);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new CommandError(`--wait ${text} is not a number of seconds`, { exitCode: exitCodes.usage });
}
