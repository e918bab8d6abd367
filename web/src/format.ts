// Numbers and times for people, in the browser's language.

const one = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });

export const none = '–';

export const degrees = (value: number | null | undefined) => (value == null ? none : one.format(value));
export const count = (value: number) => whole.format(value);
export const shortCount = (value: number) => (value < 10_000 ? whole.format(value) : compact.format(value));
export const rate = (value: number) => (value < 10 ? one.format(value) : shortCount(value));
export const timeOfDay = (seconds: number) => clock.format(new Date(seconds * 1000));

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? whole.format(value) : one.format(value)} ${units[unit]}`;
}

/** 850 ms, 3.2 s, 4 min, 2 h, 3 d. */
export function duration(ms: number): string {
  if (ms < 1000) return `${whole.format(Math.max(ms, 0))} ms`;
  if (ms < 60_000) return `${one.format(ms / 1000)} s`;
  if (ms < 3_600_000) return `${whole.format(ms / 60_000)} min`;
  if (ms < 86_400_000) return `${whole.format(ms / 3_600_000)} h`;
  return `${whole.format(ms / 86_400_000)} d`;
}

/** How far a reader is behind: a time where the node knows it, else records. */
export const behind = (ms: number, records: number) => (ms > 0 ? duration(ms) : `${shortCount(records)} rec`);

/** "12 s ago", from the server's clock so that a wrong clock here does not show. */
export function ago(iso: string | null, nowMs: number): string {
  if (!iso) return none;
  const ms = nowMs - Date.parse(iso);
  return ms < 1000 ? 'just now' : `${duration(Math.floor(ms / 1000) * 1000).replace(/[.,]0 s/, ' s')} ago`;
}
