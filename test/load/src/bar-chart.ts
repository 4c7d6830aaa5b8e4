// Bar charts as SVG: a group of bars for each cell, one bar for each target, each with its figure; light or dark as the page is.

/** One group of bars. */
export interface BarGroup {
  readonly name: string;
  /** By series; null where nothing was measured. */
  readonly values: readonly (number | null)[];
}

export interface BarChart {
  readonly title: string;
  /** What the figures are, and which way is better. */
  readonly caption: string;
  /** Each has its colour in every chart of a report. */
  readonly series: readonly { readonly name: string; readonly colour: string }[];
  readonly groups: readonly BarGroup[];
  readonly figure: (value: number) => string;
}

const width = 760;
const left = 170;
const right = 70;
const barHeight = 12;
const barGap = 2;
const groupGap = 14;
const headHeight = 74;

/** A whole SVG document. */
export function barChart({ title, caption, series, groups, figure }: BarChart): string {
  const most = Math.max(...groups.flatMap(({ values }) => values.map((value) => value ?? 0)), 0);
  const lengthOf = (value: number): number =>
    most === 0 ? 0 : Math.max(1, (value / most) * (width - left - right));
  const lines: string[] = [];
  let x = left;
  for (const { name, colour } of series) {
    lines.push(
      `<rect x="${x}" y="52" width="10" height="10" rx="2" fill="${colour}"/>`,
      `<text x="${x + 15}" y="61">${escaped(name)}</text>`,
    );
    x += 15 + 8 * name.length + 20;
  }
  let y = headHeight;
  for (const { name, values } of groups) {
    const height = values.length * (barHeight + barGap) - barGap;
    lines.push(`<text x="${left - 10}" y="${y + height / 2 + 4}" class="cell">${escaped(name)}</text>`);
    for (const [index, value] of values.entries()) {
      const at = y + index * (barHeight + barGap);
      if (value === null) {
        lines.push(`<text x="${left + 6}" y="${at + 10}" class="figure none">not measured</text>`);
        continue;
      }
      const length = lengthOf(value);
      lines.push(
        `<rect x="${left}" y="${at}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" fill="${series[index]!.colour}"/>`,
        `<text x="${(left + length + 6).toFixed(1)}" y="${at + 10}" class="figure">${escaped(figure(value))}</text>`,
      );
    }
    y += height + groupGap;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" role="img" aria-label="${escaped(title)}">`,
    '<style>svg{font:12px system-ui,sans-serif;background:#fff}text{fill:#24292f}.title{font-size:15px;font-weight:600}.caption,.none{fill:#57606a}.cell{text-anchor:end}.figure{font-size:11px}@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.caption,.none{fill:#9198a1}}</style>',
    `<text x="16" y="22" class="title">${escaped(title)}</text>`,
    `<text x="16" y="41" class="caption">${escaped(caption)}</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
