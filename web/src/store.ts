// What the page knows, and the one connection that keeps it up to date.
import { batch, computed, signal } from '@preact/signals';
import type { NodeStatus, Series } from './types';

/** Times in seconds, oldest first. */
export interface CitySeries {
  times: number[];
  values: number[];
}

export type Connection = 'connecting' | 'live' | 'reconnecting';

const maxPoints = 1440;
const firstRetryMs = 500;
const lastRetryMs = 5000;
// The server sends its status every second; this much silence means the connection is dead.
const silenceMs = 8000;

export const cities = signal<string[]>([]);
export const series = signal<Record<string, CitySeries>>({});
export const status = signal<NodeStatus | null>(null);
export const connection = signal<Connection>('connecting');
export const loaded = signal(false);
export const problem = signal<string | null>(null);
/** Server time minus ours, in milliseconds. */
export const clockSkew = signal(0);

export const totalPoints = computed(() => Object.values(series.value).reduce((sum, s) => sum + s.times.length, 0));

export const averageTemperature = computed(() => {
  const latest = Object.values(series.value).flatMap((s) => s.values.slice(-1));
  return latest.length === 0 ? null : latest.reduce((a, b) => a + b, 0) / latest.length;
});

export const lastUpdate = computed(() =>
  Object.values(series.value).reduce<number | null>((max, s) => {
    const time = s.times.at(-1);
    return time !== undefined && (max === null || time > max) ? time : max;
  }, null),
);

/** Adds points; one with a known time replaces the old value (a late record changed that window). */
export function merge(update: Series): void {
  const next = { ...series.value };
  for (const [city, points] of Object.entries(update.data)) {
    if (points.length === 0) continue;
    const old = next[city] ?? { times: [], values: [] };
    const times = old.times.slice();
    const values = old.values.slice();
    for (const point of points) {
      const time = Date.parse(point.time) / 1000;
      if (!Number.isFinite(time)) continue;
      let at = times.length;
      while (at > 0 && times[at - 1]! > time) at -= 1;
      if (at > 0 && times[at - 1] === time) {
        values[at - 1] = point.temperature;
      } else {
        times.splice(at, 0, time);
        values.splice(at, 0, point.temperature);
      }
    }
    const extra = Math.max(0, times.length - maxPoints);
    next[city] = { times: times.slice(extra), values: values.slice(extra) };
  }
  series.value = next;
  const unknown = Object.keys(update.data).filter((city) => !cities.value.includes(city));
  const order = update.cities?.length ? update.cities : cities.value;
  const rest = [...cities.value, ...unknown].filter((city) => !order.includes(city));
  const all = [...order, ...rest.filter((city, i) => rest.indexOf(city) === i)];
  if (all.join('\n') !== cities.value.join('\n')) cities.value = all;
}

let source: EventSource | null = null;
let retryMs = firstRetryMs;
let timer = 0;
let watchdog = 0;

async function loadAll(): Promise<void> {
  const response = await fetch(`/api/weather?limit=${maxPoints}`);
  if (!response.ok) {
    const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
    throw new Error(body?.error?.message ?? `the node answered ${response.status}`);
  }
  const all = (await response.json()) as Series;
  batch(() => {
    series.value = {};
    merge(all);
    loaded.value = true;
    problem.value = null;
  });
}

function retry(): void {
  source?.close();
  source = null;
  clearTimeout(watchdog);
  clearTimeout(timer);
  connection.value = loaded.value ? 'reconnecting' : 'connecting';
  timer = window.setTimeout(connect, retryMs);
  retryMs = Math.min(retryMs * 1.6, lastRetryMs);
}

function heard(): void {
  clearTimeout(watchdog);
  watchdog = window.setTimeout(retry, silenceMs);
  retryMs = firstRetryMs;
  if (connection.value !== 'live') connection.value = 'live';
}

function onStatus(event: MessageEvent<string>): void {
  const next = JSON.parse(event.data) as NodeStatus;
  for (const job of next.jobs) job.state = job.state.toLowerCase();
  const restarted = status.value !== null && status.value.started !== next.started;
  batch(() => {
    clockSkew.value = Date.parse(next.now) - Date.now();
    status.value = next;
  });
  // Another process: its data may be another, too.
  if (restarted) loadAll().catch(retry);
}

/** Loads what there is, then listens. Called again after every loss; catches up from the last point seen. */
export async function connect(): Promise<void> {
  try {
    if (!loaded.value) await loadAll();
  } catch (error) {
    problem.value = error instanceof TypeError ? 'The node does not answer.' : String((error as Error).message);
    retry();
    return;
  }
  const since = lastUpdate.value === null ? '' : `?since=${encodeURIComponent(new Date(lastUpdate.value * 1000).toISOString())}`;
  const opened = new EventSource(`/api/weather/stream${since}`);
  source = opened;
  opened.addEventListener('points', (event) => {
    heard();
    merge(JSON.parse(event.data) as Series);
  });
  opened.addEventListener('status', (event) => {
    heard();
    onStatus(event);
  });
  opened.onerror = retry;
  clearTimeout(watchdog);
  watchdog = window.setTimeout(retry, silenceMs);
}
