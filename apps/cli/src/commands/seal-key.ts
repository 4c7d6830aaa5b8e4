// `weir seal-key`: the file with the key that seals secrets in the catalog and in shared state.
import { ensureSealKeyFile } from '@weir/local-servers';
import { CommandError, defineCommand } from '../command.ts';

export const sealKey = defineCommand({
  name: 'seal-key',
  usage: 'seal-key FILE',
  summary: 'make a file with a fresh seal key, unless it is there',
  help: `
control-api and every pooler read the same file (WEIR_SEAL_KEY_FILE). Keep a copy: without it, what it sealed is lost.`,
  options: {},
  async run({ values, positionals }) {
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new CommandError('name one file', { exitCode: 2 });
    const made = ensureSealKeyFile(file);
    console.log(
      values.json ? JSON.stringify({ file, made }) : `${file}: ${made ? 'made' : 'is there already'}`,
    );
  },
});
