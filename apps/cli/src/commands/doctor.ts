// `weir doctor`: what is wrong with a connection string.
import { type EndpointAddress, readConnectionString } from '@weir/tenancy';
import { type ApiChoice, apiHelp, apiOptions, chooseApi } from '../api/choose-api.ts';
import { CommandError, defineCommand, exitCodes, onlyWord, printJson } from '../command.ts';
import { type Finding, finding } from '../doctor/finding.ts';
import {
  namedEndpoints,
  type Purpose,
  stringFindings,
  unreadableFinding,
} from '../doctor/string-findings.ts';
import { type Trial, tryConnection } from '../doctor/try-connection.ts';
import { numberOption } from './upstream-options.ts';

export const doctor = defineCommand({
  name: 'doctor',
  usage: "doctor 'CONNECTION STRING' [--for application|migrations] [--wait SECONDS] [--offline]",
  summary: 'what is wrong with a connection string',
  help: `
Reads the string, resolves its host, connects, runs one query, and asks the API how full the endpoint is, where a login for
it is to be had. --for says what the string is used for; --wait 15 is how long a login may take; --offline only reads. It ends with 1 if something is wrong.
${apiHelp}`,
  options: { ...apiOptions, for: { type: 'string' }, wait: { type: 'string' }, offline: { type: 'boolean' } },
  async run({ values, positionals }) {
    const text = onlyWord(positionals, 'a connection string, in single quotes');
    const purpose = purposeOf(values.for);
    const parts = readConnectionString(text);
    const findings: Finding[] =
      parts === null ? [unreadableFinding(text)] : [...stringFindings(parts, purpose)];
    let connected: Trial['connected'] = null;
    if (parts !== null && !values.offline) {
      const trial = await tryConnection(parts, numberOption('wait', values.wait ?? '15') * 1000);
      connected = trial.connected;
      // What the server said is surer than what the string let one guess.
      const told = new Set(trial.findings.map((one) => one.code));
      const guessed = findings.splice(0).filter((one) => !told.has(one.code));
      findings.push(...guessed, ...trial.findings);
      const [endpoint] = namedEndpoints(parts);
      if (endpoint !== undefined) findings.push(...(await fullness(values, endpoint)));
    }
    const isWrong = findings.some((one) => one.severity === 'error');
    if (values.json) printJson({ ok: !isWrong, connected, findings });
    else report(findings, connected);
    return isWrong ? exitCodes.failed : 0;
  },
});

function purposeOf(word: string | undefined): Purpose | null {
  if (word === undefined || word === 'application' || word === 'migrations') return word ?? null;
  throw new CommandError(`--for ${word} is not known`, {
    exitCode: exitCodes.usage,
    hint: 'application or migrations',
  });
}

/** What the API knows of the endpoint now; nothing where there is no API to ask or it does not know the endpoint. */
async function fullness(choice: ApiChoice, endpoint: EndpointAddress): Promise<Finding[]> {
  try {
    const params = { endpointId: endpoint.endpointId };
    const { budget, serversOpen, totals, health } = await chooseApi(choice).getActivity({ params });
    const found: Finding[] = [];
    if (health.state === 'failing' || health.state === 'unreachable') {
      const message = `the database is ${health.state} since ${health.since} (${health.code})`;
      const hint = 'start it, or see what it refuses; docs/errors.md tells what the problem means';
      found.push(finding('warning', 'database-unhealthy', message, hint));
    }
    if (health.exceedsServer) {
      const message = `the budget of ${budget} is more than max_connections leaves to ordinary roles`;
      const hint = 'raise max_connections, or lower the reserve of the endpoint';
      found.push(finding('warning', 'budget-exceeds-server', message, hint));
    }
    if (totals.clientsWaiting > 0) {
      const message = `${totals.clientsWaiting} clients wait for a server connection now`;
      found.push(
        finding(
          'warning',
          'clients-wait',
          message,
          'shorten transactions, or raise the budget; weir top shows more',
        ),
      );
    }
    const kept = totals.serversDirect + totals.serversPinned;
    // One is left for the pools, unless there is only one.
    const keptMax = Math.max(1, budget - 1);
    if ((serversOpen >= budget && totals.serversIdle === 0) || (!endpoint.pooled && kept >= keptMax)) {
      const message = `${serversOpen} of ${budget} server connections of the budget are in use, ${totals.serversDirect} of them direct and ${totals.serversPinned} pinned`;
      found.push(
        finding('warning', 'over-budget', message, 'close direct and pinned ones, or raise the budget'),
      );
    }
    return found;
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

function report(findings: readonly Finding[], connected: Trial['connected']): void {
  if (connected !== null) {
    const { role, database, serverVersion, tls, loginMs, queryMs } = connected;
    const how = `${tls ? 'over TLS' : 'without TLS'}, login ${loginMs} ms, query ${queryMs} ms`;
    console.log(`ok       connected as ${role} to ${database}, Postgres ${serverVersion}, ${how}`);
  }
  for (const { severity, code, message, hint } of findings) {
    console.log(`${severity.padEnd(8)} ${message} [${code}]${hint === null ? '' : `\n         ${hint}`}`);
  }
  if (findings.length === 0 && connected === null)
    console.log('ok       nothing is wrong with the string itself');
}
