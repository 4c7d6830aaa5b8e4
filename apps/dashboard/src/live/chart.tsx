// One chart over time on uPlot's canvas, with its newest values in words beside it for whoever does not see the lines.
import { type CSSProperties, useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type Line, newestOf } from './series.ts';

export interface ChartLine {
  readonly label: string;
  readonly values: Line;
  /** Name of a custom property of the page's colours. */
  readonly colour: string;
  /** A limit, drawn broken and without a fill. */
  readonly isLimit?: boolean;
}

interface ChartProps {
  readonly title: string;
  /** What is measured, and in what. */
  readonly lead: string;
  readonly seconds: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  /** The axis goes up to this at least. */
  readonly topMin: number;
  /** Counts of something: its axis has no fractions. */
  readonly isWhole?: boolean;
  readonly testId: string;
}

/** How far back it shows, in seconds: at first the last minute, then more as it is known. */
const spanMin = 60;
const spanMax = 300;
/** Steps of the axis of time, in seconds. */
const timeSteps = [15, 30, 60, 120];
const minute = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const second = new Intl.DateTimeFormat('en', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
/** Steps of an axis of whole numbers. */
const wholeSteps = [1, 2, 5]
  .flatMap((step) => [0, 1, 2, 3, 4, 5, 6].map((power) => step * 10 ** power))
  .sort((one, other) => one - other);
const height = 150;

/** Follows the page's width and colours. */
export function Chart({ title, lead, seconds, lines, format, topMin, isWhole = false, testId }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  // What it looks like is fixed by its labels; values come by setData.
  const shape = JSON.stringify(lines.map(({ label, colour, isLimit }) => [label, colour, isLimit]));
  const drawn = useRef({ lines, format, topMin, isWhole });
  drawn.current = { lines, format, topMin, isWhole };

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new shape is a new chart, everything else is read as it is drawn.
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new UPlot(optionsOf(element, drawn.current), dataOf([], drawn.current.lines), element);
    };
    make();
    const sizes = new ResizeObserver(() => {
      if (element.clientWidth > 0) plot.current?.setSize({ width: element.clientWidth, height });
    });
    sizes.observe(element);
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', make);
    return () => {
      dark.removeEventListener('change', make);
      sizes.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(dataOf(seconds, lines), true);
  }, [seconds, lines]);

  return (
    <figure className="card chart" data-testid={testId}>
      <figcaption>
        <h4>{title}</h4>
        <p>{lead}</p>
      </figcaption>
      <div ref={place} className="chart-plot" aria-hidden="true" />
      <ul className="legend numbers">
        {lines.map(({ label, values, colour, isLimit }) => {
          const newest = newestOf(values);
          return (
            <li
              key={label}
              className={isLimit ? 'legend-limit' : ''}
              style={{ '--series': `var(${colour})` } as CSSProperties}
            >
              {label} <strong>{newest === null ? '–' : format(newest)}</strong>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

function dataOf(seconds: readonly number[], lines: readonly ChartLine[]): UPlot.AlignedData {
  return [
    [...seconds],
    ...lines.map(({ values }) => [...values].slice(0, seconds.length)),
  ] as UPlot.AlignedData;
}

interface Drawn {
  readonly lines: readonly ChartLine[];
  readonly format: (value: number) => string;
  readonly topMin: number;
  readonly isWhole: boolean;
}

function optionsOf(element: HTMLElement, drawn: Drawn): UPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const font = `11px ${colour('--sans')}`;
  const axis = { stroke: colour('--ink-soft'), font, ticks: { show: false }, border: { show: false } };
  return {
    width: element.clientWidth,
    height,
    padding: [8, 4, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    select: { show: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: {
        range: (_, oldest, newest) => [
          newest - Math.min(spanMax, Math.max(spanMin, newest - oldest)),
          newest,
        ],
      },
      y: { range: (_, __, most) => [0, Math.max(drawn.topMin, (most ?? 0) * 1.1)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 24,
        space: 80,
        incrs: timeSteps,
        values: (_, splits) => splits.map((at) => (at % 60 === 0 ? minute : second).format(at * 1000)),
      },
      {
        ...axis,
        grid: { stroke: colour('--line'), width: 1 },
        size: 52,
        space: 34,
        ...(drawn.isWhole ? { incrs: wholeSteps } : {}),
        values: (_, splits) => splits.map((value) => drawn.format(value)),
      },
    ],
    series: [
      {},
      ...drawn.lines.map(({ label, colour: name, isLimit }) => ({
        label,
        stroke: colour(name),
        width: isLimit ? 1 : 1.5,
        ...(isLimit ? { dash: [4, 4] } : {}),
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}
