// The form of pgbouncer.ini: sections, keys and values with their lines, and connection strings of the kind `key=value`.

/** One `key = value`, and where it stands. */
export interface IniEntry {
  readonly file: string;
  readonly line: number;
  /** In lower case, as the section of the same name in the file. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

/** A line that could not be used. */
export interface LineNote {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface IniFile {
  readonly entries: readonly IniEntry[];
  readonly notes: readonly LineNote[];
}

// PgBouncer itself gives up at this depth.
const includesMax = 10;

/** Reads a file and what it includes. `read` gives a file's text by its path and may throw. */
export function readIni(file: string, read: (file: string) => string): IniFile {
  const entries: IniEntry[] = [];
  const notes: LineNote[] = [];
  let section = '';
  const readOne = (path: string, depth: number) => {
    const lines = read(path).split(/\r?\n/);
    for (const [index, raw] of lines.entries()) {
      const at = { file: path, line: index + 1 };
      const text = raw.trim();
      if (text === '' || text.startsWith(';') || text.startsWith('#')) continue;
      const include = /^%include\s+(.+)$/i.exec(text);
      const heading = /^\[([^\]]+)\]$/.exec(text);
      const pair = /^("(?:[^"]|"")*"|[^=\s]+)\s*=\s*(.*)$/.exec(text);
      if (include !== null) {
        if (depth >= includesMax) notes.push({ ...at, text: 'files include each other too deeply' });
        else readOne(include[1]!, depth + 1);
      } else if (heading !== null) section = heading[1]!.trim().toLowerCase();
      else if (pair === null) notes.push({ ...at, text: `"${text}" is no setting` });
      else entries.push({ ...at, section, key: unquoted(pair[1]!), value: pair[2]! });
    }
  };
  readOne(file, 0);
  return { entries, notes };
}

/** Names of databases and users may stand in double quotes, a quote within them doubled. */
function unquoted(key: string): string {
  return key.startsWith('"') ? key.slice(1, -1).replaceAll('""', '"') : key;
}

/**
 * The parts of `host=… port=… password='it''s'`; a quote within quotes is doubled. Null for a text that is not of that
 * form.
 */
export function readKeyValues(text: string): ReadonlyMap<string, string> | null {
  const found = new Map<string, string>();
  const part = /\s*([a-z_]+)\s*=\s*(?:'((?:[^']|'')*)'|([^\s']*))(?=\s|$)/gy;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    part.lastIndex = at;
    const match = part.exec(text);
    if (match === null) return null;
    found.set(match[1]!, match[2]?.replaceAll("''", "'") ?? match[3]!);
    at = part.lastIndex;
  }
  return found;
}

/** Users and passwords of an auth_file: `"name" "password"` a line. */
export function readUserList(text: string): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  for (const match of text.matchAll(/^\s*"((?:[^"]|"")*)"\s+"((?:[^"]|"")*)"/gm)) {
    users.set(match[1]!.replaceAll('""', '"'), match[2]!.replaceAll('""', '"'));
  }
  return users;
}
