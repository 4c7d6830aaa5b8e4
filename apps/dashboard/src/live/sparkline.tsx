// A small line of the last values, drawn to the tile's width; decoration beside the number it belongs to.

const width = 120;
const height = 32;

/** The newest value is at the right; `slots` is how many fit, so a short history grows in from the right. */
export function Sparkline({ values, slots }: { values: readonly number[]; slots: number }) {
  if (values.length < 2)
    return <svg className="sparkline" viewBox={`0 0 ${width} ${height}`} aria-hidden="true" />;
  // At least 4, so that one client coming and going is a ripple and not a cliff.
  const top = Math.max(4, ...values);
  const points = values.map((value, index) => {
    const x = width - ((values.length - 1 - index) * width) / (slots - 1);
    const y = height - 2 - (value / top) * (height - 4);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${points.join('L')}`;
  const startX = points[0]?.split(' ')[0];
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path className="sparkline-fill" d={`${line}L${width} ${height}L${startX} ${height}Z`} />
      <path className="sparkline-line" d={line} />
    </svg>
  );
}
