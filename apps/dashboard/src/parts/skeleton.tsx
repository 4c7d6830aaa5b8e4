// Grey lines that hold the place of what is being loaded.

/** `lines` in percent of the width there is. Says "loading" once to screen readers. */
export function Skeleton({ lines, what }: { lines: readonly number[]; what: string }) {
  return (
    <div className="card card-body" aria-busy="true">
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
