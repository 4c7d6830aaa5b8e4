// A card with a list that the API gives page by page: while it loads, when it failed, when it is empty, and as it is.
import type { ReactNode } from 'react';
import type { Pages } from '../api/use-pages.ts';
import { MoreButton } from './more-button.tsx';
import { ProblemNotice } from './problem-notice.tsx';
import { SkeletonLines } from './skeleton.tsx';

interface ListCardProps<Item> {
  readonly title: string;
  /** What it lists, in a sentence: `roles`. */
  readonly what: string;
  /** Whatever else there is to know of it. */
  readonly note: string;
  /** What may be done besides what its rows offer. */
  readonly buttons: ReactNode;
  readonly pages: Pages<Item>;
  /** Which of what was loaded is still so; all, if left out. */
  readonly isShown?: (item: Item) => boolean;
  /** What is said when there is none. */
  readonly empty: string;
  readonly children: (items: readonly Item[]) => ReactNode;
}

export function ListCard<Item>(props: ListCardProps<Item>) {
  const { title, what, note, buttons, pages, isShown = () => true, empty, children } = props;
  const { load } = pages;
  const items = load.state === 'ready' ? load.value.items.filter(isShown) : [];
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h3>{title}</h3>
        <div className="card-buttons">{buttons}</div>
        <p className="card-note">{note}</p>
      </div>
      {load.state === 'loading' && <SkeletonLines what={what} lines={[64, 52]} />}
      {load.state === 'failed' && (
        <div className="card-body">
          <ProblemNotice problem={load.problem} onRetry={load.reload} />
        </div>
      )}
      {load.state === 'ready' && items.length === 0 && (
        <div className="card-body quiet">
          <p>{empty}</p>
        </div>
      )}
      {items.length > 0 && children(items)}
      <MoreButton pages={pages} what={what} />
    </section>
  );
}
