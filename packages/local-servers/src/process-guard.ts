// Sees to it that servers do not outlive the process that started them, even when that one is killed without warning.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

// A shell that reads our orders from a pipe. When we die, however that happens, the kernel closes the pipe and the
// shell ends whatever is still on its list. It lives in a session of its own, so a Ctrl-C in the terminal misses it.
const script = `
trap '' HUP INT TERM
watched=
while read -r verb pid signal; do
  case $verb in
    watch) watched="$watched $pid:$signal" ;;
    forget)
      rest=
      for entry in $watched; do [ "\${entry%%:*}" = "$pid" ] || rest="$rest $entry"; done
      watched=$rest ;;
  esac
done
[ -n "$watched" ] || exit 0
for entry in $watched; do kill -s "\${entry##*:}" "\${entry%%:*}" 2>/dev/null; done
round=0
while [ $round -lt 100 ]; do
  alive=
  for entry in $watched; do kill -0 "\${entry%%:*}" 2>/dev/null && alive=yes; done
  [ -n "$alive" ] || exit 0
  sleep 0.1
  round=$((round + 1))
done
for entry in $watched; do kill -s KILL "\${entry%%:*}" 2>/dev/null; done
`;

let guard: ChildProcess | null = null;
const watched = new Map<number, 'INT' | 'TERM'>();

function orders(): Socket | null {
  if (guard === null || guard.exitCode !== null || guard.signalCode !== null) {
    guard = spawn('/bin/sh', ['-c', script], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    });
    // Without a shell there is no guard; servers are then ended by their owner alone.
    guard.on('error', () => {});
    guard.stdin?.on('error', () => {});
    guard.unref();
    (guard.stdin as Socket | null)?.unref();
  }
  return guard.stdin as Socket | null;
}

/**
 * Ends the process `pid` with `signal` if this process dies before the returned function is called.
 * Ten seconds later it is killed, if it still lives.
 */
export function guardProcess(pid: number, signal: 'INT' | 'TERM'): () => void {
  orders()?.write(`watch ${pid} ${signal}\n`);
  watched.set(pid, signal);
  return () => {
    if (!watched.delete(pid)) return;
    orders()?.write(`forget ${pid}\n`);
  };
}

/** Ends every process that is guarded at this moment, and resolves when they are gone; what lingers after 5 s is killed. */
export async function endGuardedProcesses(): Promise<void> {
  const ending = [...watched];
  for (const [pid, signal] of ending) signalProcess(pid, `SIG${signal}`);
  const deadline = Date.now() + 5_000;
  while (ending.some(([pid]) => watched.has(pid) && signalProcess(pid, 0))) {
    if (Date.now() > deadline) for (const [pid] of ending) signalProcess(pid, 'SIGKILL');
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** Whether there was such a process. */
function signalProcess(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
