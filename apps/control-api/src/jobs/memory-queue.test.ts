// The job queue in memory keeps the contract.
import { createMemoryQueue } from './memory-queue.ts';
import { describeQueueContract } from './testing/queue-contract-suite.ts';

describeQueueContract('in memory', async () => {
  const queue = createMemoryQueue();
  return { asking: queue, working: queue };
});
