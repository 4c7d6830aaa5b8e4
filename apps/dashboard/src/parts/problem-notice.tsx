// A failure as a person needs it: what happened, what to do, and the number to find it by.
import type { ReactNode } from 'react';
import type { ApiProblem } from '../api/problem.ts';
import { Icon } from './icon.tsx';

interface ProblemNoticeProps {
  readonly problem: ApiProblem;
  readonly onRetry?: (() => void) | undefined;
  /** Anything more, below the advice. */
  readonly children?: ReactNode;
}

/** Announced as it appears. */
export function ProblemNotice({ problem, onRetry, children }: ProblemNoticeProps) {
  return (
    <div className="notice notice-bad" role="alert">
      <Icon name="warn" />
      <div className="notice-words">
        <h2>{problem.title}</h2>
        {problem.detail !== undefined && <p>{problem.detail}</p>}
        <p className="advice">{problem.action}</p>
        {children}
        {problem.requestId !== undefined && (
          <p className="fine">
            Request <code>{problem.requestId}</code>
          </p>
        )}
        {onRetry !== undefined && (
          <button type="button" className="button button-small" onClick={onRetry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}
