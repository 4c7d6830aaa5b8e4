// The page before everything: takes an API key, tries it, and says what is wrong with one that is not taken.
import { type FormEvent, useState } from 'react';
import { apiWith } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';
import { Mark } from '../parts/mark.tsx';
import { ProblemNotice } from '../parts/problem-notice.tsx';
import { useTitle } from '../parts/use-title.ts';

interface SignInProps {
  /** True after the API stopped taking the key of a session. */
  readonly expired: boolean;
  readonly onSignedIn: (key: string) => void;
}

/** Asks for the key and hands it on once the API has taken it. */
export function SignIn({ expired, onSignedIn }: SignInProps) {
  const [key, setKey] = useState('');
  const [shown, setShown] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);

  useTitle('Sign in');

  const signIn = async (event: FormEvent) => {
    event.preventDefault();
    const trimmed = key.trim();
    if (busy || trimmed === '') return;
    setBusy(true);
    setProblem(null);
    try {
      await apiWith(trimmed).getMe({});
      onSignedIn(trimmed);
    } catch (error) {
      setProblem(ApiProblem.from(error));
      setBusy(false);
    }
  };

  return (
    <div className="sign-in">
      <header className="sign-in-picture">
        <Water />
        <span className="brand">
          <Mark size={32} />
          <span>Weir</span>
        </span>
        <p>Thousands of clients above, as many connections below as your Postgres can bear.</p>
      </header>
      <main className="sign-in-form">
        <form onSubmit={signIn}>
          <div>
            <h1>Sign in</h1>
            <p className="lead">Use an API key of this installation.</p>
          </div>
          {expired && problem === null && (
            <div className="notice notice-warn" role="status">
              <Icon name="key" />
              <div className="notice-words">
                <h2>The key is no longer accepted</h2>
                <p>It was revoked or has expired. Sign in with another one.</p>
              </div>
            </div>
          )}
          {problem !== null && <ProblemNotice problem={problem} />}
          <div className="with-button">
            <TextField
              label="API key"
              name="api-key"
              type={shown ? 'text' : 'password'}
              autoComplete="current-password"
              autoCapitalize="none"
              spellCheck={false}
              required
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
            <button type="button" className="button" aria-pressed={shown} onClick={() => setShown(!shown)}>
              <Icon name="eye" />
              {shown ? 'Hide' : 'Show'}
            </button>
          </div>
          <button type="submit" className="button button-primary button-wide" aria-disabled={busy}>
            {busy ? 'Checking the key…' : 'Sign in'}
          </button>
          <p className="field-hint">
            The first key was made when Weir first started, which said where it is kept. This page keeps a key
            in this browser tab only and forgets it with the tab.
          </p>
        </form>
      </main>
    </div>
  );
}

/** Lines of a stream that goes over a step, drawn behind the words. */
function Water() {
  const lines = Array.from({ length: 9 }, (_, index) => {
    const top = 250 + index * 26;
    const low = 500 + index * 22;
    const step = 300 - index * 17;
    return {
      top,
      d: `M-20 ${top}H${step}C${step + 120} ${top} ${step + 50} ${low} ${step + 190} ${low}H720`,
    };
  });
  return (
    <svg
      className="sign-in-water"
      viewBox="0 0 700 800"
      preserveAspectRatio="xMidYMid slice"
      aria-hidden="true"
    >
      <path className="wall" d="M-20 484H150C270 484 190 698 335 698H720V820H-20Z" />
      {lines.map(({ top, d }, index) => (
        <path key={top} d={d} opacity={0.75 - index * 0.07} />
      ))}
    </svg>
  );
}
