// What is known of a database while it is being named: it is tried, it can be used, or what keeps it from that.
import type { ApiProblem } from '../api/problem.ts';
import { count } from '../format.ts';
import { Icon } from '../parts/icon.tsx';
import type { ProbeState } from './use-probe.ts';

interface ProbeNoticeProps {
  /** What is to be created: `tenant`, `endpoint`. */
  readonly what: string;
  readonly probe: ProbeState & { readonly again: () => void };
  /** That follows from what the server allows and the memory; null: no memory is named. */
  readonly budget: number | null;
}

/** Read out as it changes, without taking anybody from their field. */
export function ProbeNotice({ what, probe, budget }: ProbeNoticeProps) {
  return (
    <div className="probe" role="status" data-testid="probe" data-state={probe.state}>
      {probe.state === 'incomplete' && (
        <p className="field-hint">Once host, user and password are there, the database is tried.</p>
      )}
      {probe.state === 'checking' && <p className="field-hint probe-checking">Trying the database…</p>}
      {probe.state === 'ok' && (
        <div className="notice notice-good">
          <Icon name="check" />
          <div className="notice-words">
            <h2>Postgres {probe.found.serverVersion} lets Weir in</h2>
            <p>
              It allows {count(probe.found.maxConnections)} connections and reserves{' '}
              {count(probe.found.reservedConnections)}.{' '}
              {budget !== null && <>The budget is {count(budget)}.</>}
            </p>
          </div>
        </div>
      )}
      {probe.state === 'failed' && <Failed what={what} problem={probe.problem} onRetry={probe.again} />}
    </div>
  );
}

interface FailedProps extends Pick<ProbeNoticeProps, 'what'> {
  readonly problem: ApiProblem;
  readonly onRetry: () => void;
}

function Failed({ what, problem, onRetry }: FailedProps) {
  // Anything but a refusal of what was asked says nothing about the database.
  const isAboutIt = problem.status === 422;
  return (
    <div className={isAboutIt ? 'notice notice-bad' : 'notice notice-warn'}>
      <Icon name="warn" />
      <div className="notice-words">
        <h2>{isAboutIt ? problem.title : 'The database was not tried now'}</h2>
        {problem.detail !== undefined && <p>{problem.detail}</p>}
        <p className="advice">
          {isAboutIt ? problem.action : `It is tried when the ${what} is created in any case.`}
        </p>
        <button type="button" className="button button-small" onClick={onRetry}>
          Try it again
        </button>
      </div>
    </div>
  );
}
