// Which sources may not log in to an endpoint now, why and until when, and the way to let them in again.
import type { EndpointBansReply } from '@weir/api-contract';
import { useCallback } from 'react';
import { useAction } from '../api/use-action.ts';
import { useLatest } from '../api/use-latest.ts';
import { age, counted, time } from '../format.ts';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { useMay, useSession } from '../session.tsx';

type Ban = EndpointBansReply['bans'][number];

const reasons: Readonly<Record<Ban['reason'], string>> = { 'failed-logins': 'Too many failed logins' };

/** A card that follows them. */
export function BanList({ endpointId }: { endpointId: string }) {
  const { api } = useSession();
  const mayWrite = useMay('write');
  const { latest, problem } = useLatest(
    useCallback(() => api.getBans({ params: { endpointId } }), [api, endpointId]),
  );
  const { isBusy, problem: refusal, run } = useAction();
  const clear = (source: string | null) =>
    run(() => api.clearBans({ params: { endpointId }, body: { source } }));
  const bans = latest?.bans ?? [];
  return (
    <section className="card" aria-label="Bans">
      <div className="card-head">
        <h3>Bans</h3>
        {problem !== null && <p>{problem.title}</p>}
        {problem === null && mayWrite && bans.length > 1 && (
          <button
            type="button"
            className="button button-small"
            aria-label={`Clear all ${counted(bans.length, 'ban')}`}
            aria-disabled={isBusy}
            onClick={() => clear(null)}
          >
            Clear all
          </button>
        )}
      </div>
      {bans.length === 0 && (
        <div className="card-body quiet">
          <p>
            {latest === null
              ? 'Waiting for the first news.'
              : 'Nobody is banned. An address is for some minutes after too many wrong passwords within one; what has logged in from there lately still may.'}
          </p>
        </div>
      )}
      {bans.length > 0 && (
        <ul className="bans">
          {bans.map((ban) => (
            <li key={ban.source}>
              <div>
                <code>{ban.source}</code>
                <p>{reasons[ban.reason]}</p>
                <p className="numbers">
                  Until <time dateTime={ban.until}>{time(ban.until)}</time>, for another{' '}
                  {age(Date.parse(ban.until) - Date.now())}
                </p>
              </div>
              {mayWrite && (
                <button
                  type="button"
                  className="button button-small"
                  aria-label={`Clear the ban of ${ban.source}`}
                  aria-disabled={isBusy}
                  onClick={() => clear(ban.source)}
                >
                  Clear
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {refusal !== null && (
        <div className="card-body">
          <ProblemNotice problem={refusal} />
        </div>
      )}
    </section>
  );
}
