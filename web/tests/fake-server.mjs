// A stand-in for the node: the console's API with data the test controls, and the built page with the same headers.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

export const cityNames = ['San Francisco', 'New York', 'Los Angeles', 'Chicago', 'Houston', 'Phoenix', 'Seattle', 'Denver', 'Miami', 'Boston'];

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const csp =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A smooth, repeatable curve per city. */
export function temperature(city, i) {
  const n = cityNames.indexOf(city) + 1;
  return Math.round((60 + n * 2.2 + 14 * Math.sin(i / 9 + n) + 5 * Math.sin(i / 2.3 + n * 3)) * 100) / 100;
}

export class FakeServer {
  constructor(folder) {
    this.folder = folder;
    this.start = Math.floor(Date.now() / 5000) * 5000;
    this.count = 0;
    this.streams = new Set();
    this.sockets = new Set();
    this.port = 0;
    this.started = new Date().toISOString();
    this.fail = false;
    this.latestCalls = [];
  }

  /** `count` windows of history, the last one ending now. */
  fill(count) {
    this.start = Math.floor(Date.now() / 5000) * 5000 - count * 5000;
    this.count = count;
  }

  series(since) {
    const data = {};
    for (const city of cityNames) {
      data[city] = [];
      for (let i = 0; i < this.count; i += 1) {
        const time = this.start + i * 5000;
        if (since === undefined || time > since) data[city].push({ time: new Date(time).toISOString(), temperature: temperature(city, i) });
      }
    }
    return { cities: cityNames, data };
  }

  status() {
    const last = this.count === 0 ? null : new Date(this.start + this.count * 5000).toISOString();
    return {
      version: '0.1.0',
      started: this.started,
      now: new Date().toISOString(),
      uptime_ms: Date.now() - Date.parse(this.started),
      addresses: { console: `127.0.0.1:${this.port}`, ingest: '127.0.0.1:9998', kafka: '127.0.0.1:9092' },
      topics: this.count === 0 ? [] : [
        { name: 'weather', partitions: 4, records: this.count * 10, end_offset: this.count * 10, bytes: this.count * 860, records_per_second: 2 },
        { name: 'weather.dlq', partitions: 1, records: 3, end_offset: 3, bytes: 412, records_per_second: 0 },
      ],
      jobs: this.count === 0 ? [] : [
        { id: 'j1', name: 'weather-average', state: 'RUNNING', rows_in: this.count * 10, rows_out: this.count * 10, filtered: 0, late: 2, dead_lettered: 3, watermark: last, lag_records: 42, lag_ms: 0, last_checkpoint: last, error: null },
        { id: 'j2', name: 'weather-copy', state: 'FAILED', rows_in: 120, rows_out: 0, filtered: 0, late: 0, dead_lettered: 0, watermark: null, lag_records: 120, lag_ms: 64000, last_checkpoint: null, error: "sink 'archive': disk full: /data; free some space" },
      ],
      tables: this.count === 0 ? [] : [
        { name: 'default.weather', kind: 'iceberg', rows: this.count * 10, bytes: this.count * 310, snapshot: '6841094512039784410', last_commit: last },
        { name: 'weather_average', kind: 'realtime', rows: this.count * 10, bytes: this.count * 480, snapshot: null, last_commit: last },
      ],
    };
  }

  /** Closes one more window and tells all pages. */
  tick() {
    this.count += 1;
    const since = this.start + (this.count - 2) * 5000;
    this.send('points', this.series(since));
    this.send('status', this.status());
  }

  send(event, data) {
    for (const stream of this.streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  handle(request, response) {
    const url = new URL(request.url, 'http://localhost');
    const json = (body, code = 200) => {
      response.writeHead(code, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
      response.end(JSON.stringify(body));
    };
    if (url.pathname.startsWith('/api/') && this.fail) return json({ error: { kind: 'unavailable', message: "the live table 'weather_average' is not there yet" } }, 503);
    if (url.pathname === '/api/weather') return json(this.series());
    if (url.pathname === '/api/status') return json(this.status());
    if (url.pathname === '/api/weather/stream') {
      const since = url.searchParams.get('since');
      this.latestCalls.push(since);
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      response.write(`retry: 1000\n\nevent: points\ndata: ${JSON.stringify(this.series(since ? Date.parse(since) : undefined))}\n\n`);
      response.write(`event: status\ndata: ${JSON.stringify(this.status())}\n\n`);
      this.streams.add(response);
      response.on('close', () => this.streams.delete(response));
      return undefined;
    }
    const path = join(this.folder, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
    if (!path.startsWith(this.folder) || !existsSync(path) || !statSync(path).isFile()) return json({ error: { kind: 'not_found', message: 'nothing here' } }, 404);
    response.writeHead(200, { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', 'Content-Security-Policy': csp, 'X-Content-Type-Options': 'nosniff' });
    createReadStream(path).pipe(response);
    return undefined;
  }

  /** The same port again after a stop, as a restarted node has. */
  async listen() {
    this.server = createServer((request, response) => this.handle(request, response));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
    this.port = this.server.address().port;
    this.beat = setInterval(() => this.send('status', this.status()), 1000);
    return `http://127.0.0.1:${this.port}`;
  }

  async close() {
    clearInterval(this.beat);
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
