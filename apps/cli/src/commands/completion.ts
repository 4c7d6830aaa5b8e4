// `weir completion`: scripts that let a shell complete commands, their actions and their options.
import { type Command, CommandError, defineCommand, exitCodes, onlyWord, printJson } from '../command.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** `commands` gives all commands, this one among them. */
export function completionOf(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    usage: `completion ${shells.join(' | ')}`,
    summary: 'a script for your shell that completes what you type',
    help: `
bash: source <(weir completion bash)
zsh:  source <(weir completion zsh)
fish: weir completion fish | source`,
    actions: shells,
    options: {},
    async run({ values, positionals }) {
      const shell = onlyWord(positionals, 'your shell', shells.join(', '));
      const shown = commands().filter((command) => command.summary !== null);
      const scripts: Record<string, (commands: readonly Command[]) => string> = { bash, zsh, fish };
      const script = Object.hasOwn(scripts, shell) ? scripts[shell]!(shown) : null;
      if (script === null) {
        throw new CommandError(`there is no completion for "${shell}"`, {
          exitCode: exitCodes.usage,
          hint: shells.join(', '),
        });
      }
      if (values.json) return printJson({ shell, script });
      process.stdout.write(script);
    },
  });
}

/** Options as they are typed, those that every command has among them. */
function optionsOf(command: Command): string[] {
  return [...Object.keys(command.options), 'json', 'help'].map((name) => `--${name}`);
}

function wordCases(commands: readonly Command[]): string {
  return commands
    .map(
      (command) => `    ${command.name}) words="${[...command.actions, ...optionsOf(command)].join(' ')}" ;;`,
    )
    .join('\n');
}

function names(commands: readonly Command[]): string {
  return ['help', ...commands.map((command) => command.name)].join(' ');
}

function bash(commands: readonly Command[]): string {
  return `_weir() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names(commands)}"; else case "\${COMP_WORDS[1]}" in
${wordCases(commands)}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _weir weir
`;
}

function zsh(commands: readonly Command[]): string {
  return `#compdef weir
_weir() {
  local words_line=""
  if (( CURRENT == 2 )); then words_line="${names(commands)}"; else case "\${words[2]}" in
${wordCases(commands).replaceAll(' words=', ' words_line=')}
  esac; fi
  compadd -- \${=words_line}
}
compdef _weir weir
`;
}

function fish(commands: readonly Command[]): string {
  const line = (rest: string) => `complete -c weir ${rest}\n`;
  return commands
    .flatMap((command) => {
      const here = `-n '__fish_seen_subcommand_from ${command.name}'`;
      const summary = (command.summary ?? '').replaceAll("'", "\\'");
      return [
        line(`-f -n __fish_use_subcommand -a ${command.name} -d '${summary}'`),
        ...command.actions.map((action) => line(`-f ${here} -a ${action}`)),
        ...optionsOf(command).map((option) => line(`${here} -l ${option.slice(2)}`)),
      ];
    })
    .join('');
}
