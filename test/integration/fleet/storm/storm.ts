// Carries out a storm's plan on its nodes and lines, and knows afterwards when whose processes stood still or had ended.
import { setTimeout as wait } from 'node:timers/promises';
import { waitUntil } from '@weir/harness';
import type { TcpSwitch } from '../tcp-switch.ts';
import { localPortsOf } from './local-ports.ts';
import { type Fault, isCut, type PlannedFault } from './plan.ts';
import { isAlive, type StormNode } from './storm-node.ts';

/** From one moment to another, Unix time in ms, in which clients of a node have to bear something. */
export interface Spell {
  readonly node: number;
  readonly what: Fault['kind'];
  readonly fromMs: number;
  readonly toMs: number;
}

export interface StormParts {
  readonly nodes: readonly StormNode[];
  /** Between each node and Redis. */
  readonly redisLines: readonly TcpSwitch[];
  readonly redisPort: number;
  /** Between all nodes and the database. */
  readonly databaseLine: TcpSwitch;
}

export class Storm {
  readonly spells: Spell[] = [];
  private readonly parts: StormParts;
  /** What happens to the processes of each node: one thing after the other, however long it takes. */
  private readonly turns: Promise<void>[];

  constructor(parts: StormParts) {
    this.parts = parts;
    this.turns = parts.nodes.map(() => Promise.resolve());
  }

  /** Resolves when the last fault is over and every node serves. Rejects if one does not come back. */
  async run(plan: readonly PlannedFault[], say: (line: string) => void): Promise<void> {
    const sinceMs = performance.now();
    const running: Promise<void>[] = [];
    for (const { atMs, fault } of plan) {
      await wait(Math.max(0, sinceMs + atMs - performance.now()));
      const begin = (): Promise<void> => {
        say(`${((performance.now() - sinceMs) / 1_000).toFixed(1)} s: ${JSON.stringify(fault)}`);
        return this.carryOut(fault);
      };
      const one = isCut(fault) ? begin() : this.turns[fault.node]!.then(begin);
      if (!isCut(fault)) this.turns[fault.node] = one;
      one.catch(() => {});
      running.push(one);
    }
    await Promise.all(running);
  }

  private async carryOut(fault: Fault): Promise<void> {
    const fromMs = Date.now();
    await this.bring(fault);
    this.spells.push({ node: fault.node, what: fault.kind, fromMs, toMs: Date.now() });
  }

  private async bring(fault: Fault): Promise<void> {
    const { nodes, redisLines, redisPort, databaseLine } = this.parts;
    const node = nodes[fault.node]!;
    switch (fault.kind) {
      case 'kill-process': {
        const member = (await node.members()).find(({ place }) => place === String(fault.place));
        if (member !== undefined) node.signal(member.pid, 'SIGKILL');
        return;
      }
      case 'kill-supervisor':
        await node.members();
        node.signal(node.supervisor, 'SIGKILL');
        return node.startAgain();
      case 'restart':
        await node.members();
        node.signal(node.supervisor, 'SIGTERM');
        return node.startAgain();
      case 'roll': {
        const before = node.rolls();
        node.signal(node.supervisor, 'SIGHUP');
        await waitUntil(() => node.rolls() > before, { what: `node ${fault.node} has rolled` });
        return;
      }
      case 'freeze-process': {
        const member = (await node.members()).find(({ place }) => place === String(fault.place));
        return freeze(node, member === undefined ? [] : [member.pid], fault.forMs);
      }
      case 'freeze-supervisor':
        await node.members();
        return freeze(node, [node.supervisor], fault.forMs);
      case 'freeze-node':
        await node.members();
        return freeze(node, node.livingPids(), fault.forMs);
      case 'refuse-redis':
        redisLines[fault.node]!.turn(null);
        await wait(fault.forMs);
        redisLines[fault.node]!.turn(redisPort);
        return;
      case 'hold-redis':
        return held(redisLines[fault.node]!.hold(), fault.forMs);
      case 'hold-database':
        await node.askMembers().catch(() => {});
        return held(
          databaseLine.hold(() => localPortsOf(node.livingPids(), databaseLine.port)),
          fault.forMs,
        );
    }
  }
}

/** Until they thaw, or the last of them was ended for standing still. */
async function freeze(node: StormNode, pids: readonly number[], forMs: number): Promise<void> {
  for (const pid of pids) node.signal(pid, 'SIGSTOP');
  for (const untilMs = performance.now() + forMs; performance.now() < untilMs && pids.some(isAlive); )
    await wait(50);
  for (const pid of pids) node.signal(pid, 'SIGCONT');
}

async function held(release: () => void, forMs: number): Promise<void> {
  await wait(forMs);
  release();
}
