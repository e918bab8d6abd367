// The dashboard: a stats bar and one chart per city, all on the same scales so that they compare at a glance.
import { computed, signal } from '@preact/signals';
import { Chart, type Range } from './chart';
import { ago, behind, count, degrees, none, rate, shortCount, timeOfDay } from './format';
import { averageTemperature, cities, clockSkew, connection, lastUpdate, loaded, problem, series, status, totalPoints } from './store';
import { now } from './clock';

const windows = [
  { label: '5 min', seconds: 300 },
  { label: '30 min', seconds: 1800 },
  { label: 'All', seconds: 0 },
];

const windowSeconds = signal(300);
const asTable = signal(false);

const xRange = computed<Range | null>(() => {
  const max = lastUpdate.value;
  if (max === null) return null;
  const first = Object.values(series.value).reduce((min, s) => Math.min(min, s.times[0] ?? max), max);
  const min = windowSeconds.value === 0 ? first : Math.max(max - windowSeconds.value, Math.min(first, max - 30));
  return { min, max: Math.max(max, min + 30) };
});

const yRange = computed<Range>(() => {
  let min = Infinity;
  let max = -Infinity;
  const from = xRange.value?.min ?? 0;
  for (const s of Object.values(series.value)) {
    for (let i = s.times.length - 1; i >= 0 && s.times[i]! >= from; i -= 1) {
      min = Math.min(min, s.values[i]!);
      max = Math.max(max, s.values[i]!);
    }
  }
  if (min > max) return { min: 0, max: 120 };
  const step = max - min > 40 ? 20 : max - min > 10 ? 10 : 5;
  const low = Math.floor(min / step) * step;
  return { min: low, max: Math.max(Math.ceil(max / step) * step, low + step) };
});

/** What was true a moment ago is not shown as true now. */
const liveStatus = computed(() => (connection.value === 'live' ? status.value : null));

const lag = computed(() => {
  const jobs = (liveStatus.value?.jobs ?? []).filter((job) => job.state === 'running' || job.state === 'restarting');
  return jobs.length === 0 ? none : behind(Math.max(...jobs.map((job) => job.lag_ms)), Math.max(...jobs.map((job) => job.lag_records)));
});

const lastCommit = computed(() =>
  (status.value?.tables ?? []).reduce<string | null>((max, t) => (t.last_commit && (!max || t.last_commit > max) ? t.last_commit : max), null),
);

const throughput = computed(() => liveStatus.value?.topics.reduce((sum, topic) => sum + topic.records_per_second, 0) ?? null);

function Stat({ label, value, unit, id }: { label: string; value: string; unit?: string; id: string }) {
  return (
    <div class="stat" data-stat={id}>
      <dt>{label}</dt>
      <dd>
        {value}
        {unit && value !== none && <span class="unit">{unit}</span>}
      </dd>
    </div>
  );
}

function Stats() {
  const serverNow = now.value + clockSkew.value;
  return (
    <dl class="stats card" aria-label="Summary">
      <Stat id="cities" label="Cities" value={count(cities.value.length)} />
      <Stat id="points" label="Data points" value={shortCount(totalPoints.value)} />
      <Stat id="average" label="Average now" value={degrees(averageTemperature.value)} unit="°F" />
      <Stat id="updated" label="Last update" value={lastUpdate.value === null ? none : timeOfDay(lastUpdate.value)} />
      <Stat id="throughput" label="Throughput" value={throughput.value === null ? none : rate(throughput.value)} unit="rec/s" />
      <Stat id="lag" label="Lag" value={lag.value} />
      <Stat id="commit" label="Last commit" value={ago(lastCommit.value, serverNow)} />
    </dl>
  );
}

function Empty() {
  if (problem.value && !loaded.value) {
    return (
      <section class="card empty" role="alert">
        <h2>Cannot read from the node</h2>
        <p>{problem.value}</p>
        <p>
          This page tries again by itself. If the node is stopped, start it with <code>floe serve</code> or <code>floe demo weather</code>.
        </p>
      </section>
    );
  }
  const ingest = status.value?.addresses.ingest ?? '127.0.0.1:9998';
  return (
    <section class="card empty">
      <h2>No averages yet</h2>
      <p>The first ones appear here when the first five-second window closes. Send a reading:</p>
      <pre>
        <code>{`curl "http://${ingest}/log?city=Boston&temperature=72.5"`}</code>
      </pre>
      <p>
        or run <code>floe demo weather</code> for a generator and the job that computes the averages.
      </p>
    </section>
  );
}

function Table() {
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label="Temperatures by city">
      <table>
        <caption class="hidden">Average temperature by city, in degrees Fahrenheit</caption>
        <thead>
          <tr>
            <th scope="col">City</th>
            <th scope="col">Latest</th>
            <th scope="col">Lowest</th>
            <th scope="col">Highest</th>
            <th scope="col">Mean</th>
            <th scope="col">Points</th>
            <th scope="col">Last window</th>
          </tr>
        </thead>
        <tbody>
          {cities.value.map((city) => {
            const s = series.value[city];
            const values = s?.values ?? [];
            const has = values.length > 0;
            return (
              <tr key={city}>
                <th scope="row">{city}</th>
                <td>{degrees(values.at(-1))}</td>
                <td>{has ? degrees(Math.min(...values)) : none}</td>
                <td>{has ? degrees(Math.max(...values)) : none}</td>
                <td>{has ? degrees(values.reduce((a, b) => a + b, 0) / values.length) : none}</td>
                <td>{count(values.length)}</td>
                <td>{has ? timeOfDay(s!.times.at(-1)!) : none}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function Weather() {
  const empty = totalPoints.value === 0;
  return (
    <>
      <Stats />
      {empty && (loaded.value || problem.value) ? <Empty /> : null}
      {!empty && (
        <div class="toolbar">
          <h2>Average temperature by city</h2>
          <div class="segments" role="group" aria-label="Time range">
            {windows.map((w) => (
              <button key={w.label} type="button" aria-pressed={windowSeconds.value === w.seconds} onClick={() => (windowSeconds.value = w.seconds)}>
                {w.label}
              </button>
            ))}
          </div>
          <div class="segments" role="group" aria-label="View">
            <button type="button" aria-pressed={!asTable.value} onClick={() => (asTable.value = false)}>
              Charts
            </button>
            <button type="button" aria-pressed={asTable.value} onClick={() => (asTable.value = true)}>
              Table
            </button>
          </div>
        </div>
      )}
      {empty ? null : asTable.value ? (
        <Table />
      ) : (
        <div class="charts" data-stale={connection.value !== 'live'}>
          {cities.value.map((city) => (
            <Chart key={city} city={city} data={series.value[city]} x={xRange.value} y={yRange.value} />
          ))}
        </div>
      )}
    </>
  );
}
