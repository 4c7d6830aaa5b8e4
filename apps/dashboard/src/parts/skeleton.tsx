// Grey lines that hold the place of what is being loaded.

interface SkeletonProps {
  /** In percent of the width there is. */
  readonly lines: readonly number[];
  readonly what: string;
}

/** A card of them. */
export function Skeleton(props: SkeletonProps) {
  return (
    <div className="card">
      <SkeletonLines {...props} />
    </div>
  );
}

/** Within a card that is there already. Says "loading" once to screen readers. */
export function SkeletonLines({ lines, what }: SkeletonProps) {
  return (
    <div className="card-body" aria-busy="true">
      <p className="visually-hidden" role="status">
        Loading {what}
      </p>
      {lines.map((percent, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines are alike and never move.
          key={index}
          className="skeleton"
          style={{ width: `${percent}%`, marginTop: index === 0 ? 0 : 18 }}
        />
      ))}
    </div>
  );
}
