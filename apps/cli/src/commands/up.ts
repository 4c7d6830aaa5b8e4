// `weir up`: a whole Weir on this machine until it is told to stop; what `npm start` runs.
import { CommandError, defineCommand, portOption } from '../command.ts';
import { stateDirectory } from '../project.ts';
import { startLocalWeir } from '../up/local-weir.ts';
import { createProgress } from '../up/progress.ts';
import { createShutdown } from '../up/shutdown.ts';
import { demoStrings, summary } from '../up/summary.ts';
import { takeLock } from '../up/up-lock.ts';

export const up = defineCommand({
  name: 'up',
  usage: 'up [--port N] [--api-port N] [--no-redis] [--state DIR]',
  summary: 'a whole Weir on this machine: databases, control plane, pooler, a demo tenant',
  help: `
--port N      of the pooler; without it 5432, or the next that is free
--api-port N  of the API and the dashboard; without it 8080, or the next that is free
--no-redis    keep shared state in memory, with control-api and the pooler in one process
--state DIR   where data, keys and logs are kept between starts; .weir in the project by default
REDIS_URL names a Redis to use; WEIR_NO_FETCH=1 keeps one from being fetched.`,
  options: {
    port: { type: 'string' },
    'api-port': { type: 'string' },
    'no-redis': { type: 'boolean' },
    state: { type: 'string' },
  },
  async run({ values }) {
    const started = performance.now();
    const progress = createProgress();
    const directory = stateDirectory(values.state);
    const shutdown = createShutdown();
    const lock = takeLock(directory);
    shutdown.add('the lock', lock.unlock);

    const options = {
      directory,
      asked: { pooler: portOption('port', values.port), api: portOption('api-port', values['api-port']) },
      redis: !values['no-redis'],
      portPatienceMs: lock.wasLeftOver ? 12_000 : 0,
    };
    const starting = startLocalWeir(options, progress, shutdown);
    const outcome = await Promise.race([
      starting.then((weir) => ({ weir, reason: null })),
      shutdown.requested.then((reason) => ({ weir: null, reason })),
    ]).catch(async (error: unknown) => {
      await shutdown.run();
      throw error;
    });
    // Cut off in the middle: what it goes on to start dies with the shutdown, and nobody waits for its end.
    starting.catch(() => {});
    if (outcome.weir !== null) {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      const { weir } = outcome;
      console.log(
        values.json
          ? JSON.stringify({
              ready: true,
              api: weir.apiUrl,
              apiKey: weir.apiKey,
              endpoint: weir.endpoint.id,
              ...demoStrings(weir),
            })
          : summary(weir, seconds),
      );
    }
    const reason = outcome.reason ?? (await shutdown.requested);
    const byItself = reason.includes(' ended by itself');
    process.stderr.write(byItself ? `weir: ${reason}\n` : '\nweir: stopping\n');
    await shutdown.run();
    process.stderr.write(`weir: stopped; data stays in ${directory}\n`);
    if (byItself)
      throw new CommandError('it stopped, since a part of it had ended', {
        hint: `logs are in ${directory}/logs`,
      });
    // Something may still be half started; it must not keep this process.
    process.exit(0);
  },
});
