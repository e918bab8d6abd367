// One city's line: uPlot for drawing, keys for reading it without a mouse, words for reading it without eyes.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { degrees, none, timeOfDay } from './format';
import type { CitySeries } from './store';
import { theme } from './theme';

export interface Range {
  min: number;
  max: number;
}

interface Props {
  city: string;
  data: CitySeries | undefined;
  x: Range | null;
  y: Range;
}

const variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const sync = uPlot.sync('weather');

// Seconds between labels, from fine to coarse.
const timeSteps = [5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** Seconds only where minutes would repeat. */
const timeLabel = (t: number, step: number) => timeOfDay(t).slice(0, step < 60 ? 8 : 5);

function fill(u: uPlot): CanvasGradient | string {
  const { top, height } = u.bbox;
  if (!Number.isFinite(top + height) || height <= 0) return 'transparent';
  const gradient = u.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, variable('--line-fill'));
  gradient.addColorStop(1, variable('--line-fade'));
  return gradient;
}

function options(width: number, height: number, onCursor: (index: number | null) => void): uPlot.Options {
  const axis = {
    stroke: () => variable('--axis'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: () => variable('--grid'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    // Right: half of the widest label, which may stand at the edge.
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: sync.key, setSeries: false },
      drag: { x: false, y: false },
      y: false,
      points: { size: 8, fill: () => variable('--line'), stroke: () => variable('--card'), width: 2 },
    },
    scales: { x: { time: true }, y: { auto: false } },
    axes: [
      { ...axis, size: 26, gap: 8, space: 62, incrs: timeSteps, values: (_, ticks, _axis, _space, step) => ticks.map((t) => timeLabel(t, step)), grid: { show: false } },
      { ...axis, size: 34, gap: 6, space: 36, values: (_, ticks) => ticks.map((t) => String(t)) },
    ],
    series: [{}, { stroke: () => variable('--line'), width: 1.75, fill, points: { show: false }, spanGaps: true }],
    hooks: { setCursor: [(u) => onCursor(u.cursor.idx ?? null)] },
  };
}

export function Chart({ city, data, x, y }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const [spoken, setSpoken] = useState('');
  const times = data?.times ?? [];
  const values = data?.values ?? [];
  const last = times.length - 1;

  useEffect(() => {
    const element = host.current!;
    const u = new uPlot(options(element.clientWidth || 280, element.clientHeight || 150, setCursor), [[], []], element);
    plot.current = u;
    const resize = new ResizeObserver(() => u.setSize({ width: element.clientWidth, height: element.clientHeight }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, []);

  useEffect(() => {
    const u = plot.current!;
    u.batch(() => {
      u.setData([times, values], false);
      if (x) u.setScale('x', x);
      u.setScale('y', y);
    });
  }, [data, x?.min, x?.max, y.min, y.max]);

  useEffect(() => plot.current?.redraw(false), [theme.value]);

  const moveTo = (index: number) => {
    const u = plot.current!;
    const i = Math.min(Math.max(index, 0), last);
    u.setCursor({ left: u.valToPos(times[i]!, 'x'), top: 10 });
    setSpoken(`${timeOfDay(times[i]!)}: ${degrees(values[i])} degrees Fahrenheit`);
  };

  const leave = () => {
    plot.current?.setCursor({ left: -10, top: -10 });
    setSpoken('');
  };

  const onKey = (event: KeyboardEvent) => {
    if (last < 0) return;
    const from = cursor ?? last + 1;
    const steps: Record<string, number> = {
      ArrowLeft: from - 1,
      ArrowRight: cursor === null ? last : from + 1,
      PageUp: from - 10,
      PageDown: from + 10,
      Home: 0,
      End: last,
    };
    const to = steps[event.key];
    if (event.key === 'Escape') leave();
    else if (to !== undefined) moveTo(to);
    else return;
    event.preventDefault();
  };

  const shown = cursor !== null && cursor <= last ? cursor : last;
  const previous = shown > 0 ? values[shown - 1]! : null;
  const change = previous === null || shown < 0 ? null : values[shown]! - previous;
  const summary =
    last < 0
      ? `${city}: no data yet`
      : `${city}: line chart with ${times.length} points. Latest ${degrees(values[last])} degrees Fahrenheit at ${timeOfDay(times[last]!)}. ` +
        `Lowest ${degrees(Math.min(...values))}, highest ${degrees(Math.max(...values))}. Use the arrow keys to read single points.`;

  return (
    <figure class="card chart" data-city={city} data-points={times.length}>
      <figcaption>
        <span class="city">{city}</span>
        <span class="reading">
          <span class="value">{shown < 0 ? none : degrees(values[shown])}</span>
          <span class="unit">°F</span>
        </span>
        <span class="when">{shown < 0 ? 'no data yet' : timeOfDay(times[shown]!)}</span>
        <span class="change" data-direction={change === null || change === 0 ? 'same' : change > 0 ? 'up' : 'down'}>
          {change === null ? '' : `${change > 0 ? '▲' : change < 0 ? '▼' : '='} ${degrees(Math.abs(change))}`}
        </span>
      </figcaption>
      <div class="plot" ref={host} tabIndex={0} role="group" aria-roledescription="line chart" aria-label={summary} onKeyDown={onKey} onBlur={leave} />
      <span class="hidden" aria-live="polite">
        {spoken}
      </span>
    </figure>
  );
}
