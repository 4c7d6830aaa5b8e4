// Compiles the native transport into dist/ for the Node that runs this, unless it is there already or cannot be made here.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const sources = ['sockets.c', 'tls.c', 'transport.h'].map((name) => join(here, name));
// A newer compiler's new warning is for us to hear, not for users to be stopped by.
const warnings = ['-std=gnu11', '-Wall', '-Wextra', ...(process.env.CI ? ['-Werror'] : [])];
const compilerTimeoutMs = 120_000;

/** Node's own headers stand beside it, in its archive, in its npm package and in its image alike. */
function findHeaders() {
  const folder = join(dirname(dirname(realpathSync(process.execPath))), 'include', 'node');
  const versionFile = join(folder, 'node_version.h');
  if (!existsSync(versionFile) || !existsSync(join(folder, 'uv.h'))) return null;
  const text = readFileSync(versionFile, 'utf8');
  const part = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1];
  const version = `v${part('MAJOR')}.${part('MINOR')}.${part('PATCH')}`;
  return version === process.version ? folder : null;
}

/**
 * Makes `dist/native-sockets-<node>-<platform>-<arch>.node`, the name that native-addon.ts looks for. CC and CFLAGS are
 * heeded, so that a build can look for mistakes; both may be several words. Returns the file, or why there is none: it
 * never throws, since Weir runs without it.
 */
export function buildNativeTransport(options) {
  try {
    return build(options);
  } catch (error) {
    return { why: error.message };
  }
}

function build({ dist, force = false }) {
  const file = join(dist, `native-sockets-${process.version}-${process.platform}-${process.arch}.node`);
  if (process.versions.bun !== undefined) return { why: 'this is Bun' };
  if (process.platform !== 'linux') return { why: 'it is for Linux only' };
  const [command, ...words] = wordsOf(process.env.CC) ?? ['cc'];
  const flags = [...words, ...(wordsOf(process.env.CFLAGS) ?? ['-O2']), ...warnings];
  const hash = createHash('sha256').update([command, ...flags].join(' '));
  for (const source of sources) hash.update(readFileSync(source));
  const stamp = hash.digest('hex');
  const stampFile = `${file}.stamp`;
  if (!force && existsSync(file) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    return { file, built: false };
  }
  const headers = findHeaders();
  if (headers === null) return { why: `there are no headers of Node ${process.versions.node} beside it` };
  mkdirSync(dist, { recursive: true });
  // Renamed into place: a process that starts meanwhile finds the old or the new, never a part.
  const partial = `${file}.${randomBytes(4).toString('hex')}`;
  // Bound at once: where this Node lacks a function, loading fails, and not a connection later.
  const how = ['-fPIC', '-shared', '-fvisibility=hidden', '-Wl,-z,now', '-I', headers, '-o', partial];
  const args = [...flags, ...how, ...sources.filter((source) => source.endsWith('.c'))];
  try {
    const compiled = spawnSync(command, args, {
      encoding: 'utf8',
      timeout: compilerTimeoutMs,
      killSignal: 'SIGKILL',
    });
    if (compiled.error?.code === 'ENOENT') return { why: `there is no C compiler (${command})` };
    if (compiled.error) return { why: `${command} could not be run: ${compiled.error.message}` };
    if (compiled.status !== 0) return { why: `${command} failed:\n${compiled.stderr}` };
    // Without a stamp whatever lies there is built again: should this end here, nothing is taken for what it is not.
    rmSync(stampFile, { force: true });
    renameSync(partial, file);
    writeFileSync(stampFile, stamp);
    return { file, built: true };
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Null if there are none. */
function wordsOf(text = '') {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return words.length === 0 ? null : words;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const made = buildNativeTransport({ dist: join(here, '..', '..', '..', 'dist') });
  if (made.file === undefined) {
    console.error(`the native transport is not built: ${made.why}`);
    process.exitCode = 1;
  } else console.log(made.file);
}
