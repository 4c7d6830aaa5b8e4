// The end of a list that has more pages, and what is said where the next one did not come.
import type { Pages } from '../api/use-pages.ts';
import { ProblemNotice } from './problem-notice.tsx';

/** `what`: `tenants`, `entries`. Nothing is drawn below a list that is whole. */
export function MoreButton<Item>({ pages, what }: { pages: Pages<Item>; what: string }) {
  const { load, moreProblem, isLoadingMore, loadMore } = pages;
  if (moreProblem !== null) {
    return (
      <div className="card-body">
        <ProblemNotice problem={moreProblem} onRetry={loadMore} />
      </div>
    );
  }
  if (load.state !== 'ready' || load.value.nextCursor === null) return null;
  return (
    <div className="list-more">
      <button type="button" className="button" aria-disabled={isLoadingMore} onClick={loadMore}>
        {isLoadingMore ? 'Loading…' : `Show more ${what}`}
      </button>
    </div>
  );
}
