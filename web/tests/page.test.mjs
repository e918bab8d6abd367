// The built page in Chromium: charts, updates, restarts, keyboard, both themes and widths, size, no outside requests.
// FLOE_WEB_DIST names the built folder (default dist); FLOE_SHOTS a folder for screenshots.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { haveChromium, launch } from './browser.mjs';
import { cityNames, FakeServer } from './fake-server.mjs';

const dist = resolve(process.env.FLOE_WEB_DIST ?? join(import.meta.dirname, '../dist'));
const shots = process.env.FLOE_SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const filesOf = (folder) =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesOf(path) : [path];
  });

test('the first load stays under 60 KB gzip', () => {
  const total = filesOf(dist).reduce((sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length, 0);
  assert.ok(total < 60 * 1024, `${total} bytes`);
});

test('no file names an outside host that a browser would load', () => {
  for (const path of filesOf(dist)) {
    const outside = readFileSync(path, 'utf8').match(/https?:\/\/[a-z0-9.-]+/gi) ?? [];
    // XML namespaces are names, not addresses.
    assert.deepEqual(outside.filter((url) => !url.startsWith('http://www.w3.org')), [], path);
  }
});

describe('the page', { skip: haveChromium ? false : 'Chromium is not installed (apt-get install chromium)' }, () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  async function open({ points = 60, width = 1440, height = 900, prepare, ...context } = {}) {
    const server = new FakeServer(dist);
    server.fill(points);
    prepare?.(server);
    const url = await server.listen();
    const tab = await browser.newContext({ viewport: { width, height }, ...context });
    const page = await tab.newPage();
    const requests = [];
    const errors = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('net::ERR') && !message.text().includes('503')) errors.push(message.text());
    });
    await page.goto(url);
    const close = async () => {
      await tab.close();
      await server.close();
      assert.deepEqual(errors, []);
    };
    return { server, url, page, requests, close };
  }

  const live = (page) => page.locator('.connection[data-state=live]').waitFor();
  const points = (page, city) => page.locator(`[data-city="${city}"]`).getAttribute('data-points');
  const shot = async (page, name) => {
    if (shots) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  };

  test('shows ten charts with lines and the stats bar, from this host only', async () => {
    const { page, url, requests, close } = await open();
    await live(page);
    assert.deepEqual(await page.locator('.city').allTextContents(), cityNames);
    assert.equal(await page.locator('[data-stat=cities] dd').textContent(), '10');
    assert.equal(await page.locator('[data-stat=points] dd').textContent(), '600');
    assert.match(await page.locator('[data-stat=average] dd').textContent(), /^\d+\.\d°F$/);
    assert.match(await page.locator('[data-stat=updated] dd').textContent(), /^\d\d:\d\d:\d\d$/);
    assert.match(await page.locator('[data-stat=lag] dd').textContent(), /^42 rec$/);
    // A line was drawn: the canvas holds pixels of the line's colour.
    const drawn = await page.evaluate(() =>
      [...document.querySelectorAll('.plot canvas')].map((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        let n = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200 && data[i + 2] > 200 && data[i] < 160) n += 1;
        return n;
      }),
    );
    assert.equal(drawn.length, 10);
    for (const n of drawn) assert.ok(n > 100, `${drawn}`);
    assert.ok(requests.every((request) => request.startsWith(url)), requests.join('\n'));
    await close();
  });

  test('updates without reload, and a late value replaces the old one', async () => {
    const { server, page, close } = await open({ points: 5 });
    await live(page);
    await page.evaluate(() => (window.notReloaded = true));
    assert.equal(await points(page, 'Boston'), '5');
    server.tick();
    await page.locator('[data-city="Boston"][data-points="6"]').waitFor();
    const time = new Date(server.start + 5 * 5000).toISOString();
    server.send('points', { cities: cityNames, data: { Boston: [{ time, temperature: 111.1 }] } });
    await page.locator('[data-city="Boston"] .value', { hasText: '111.1' }).waitFor();
    assert.equal(await points(page, 'Boston'), '6');
    assert.ok(await page.evaluate(() => window.notReloaded));
    await close();
  });

  test('survives a restart of the server and catches up', async () => {
    const { server, page, close } = await open({ points: 5 });
    await live(page);
    await page.evaluate(() => (window.notReloaded = true));
    const lastSeen = new Date(server.start + 4 * 5000).toISOString();
    await server.close();
    await page.locator('.connection[data-state=reconnecting]').waitFor();
    assert.equal(await page.locator('.connection').textContent(), 'Reconnecting…');
    // Not what was true before.
    assert.equal(await page.locator('[data-stat=throughput] dd').textContent(), '–');
    assert.equal(await page.locator('[data-stat=lag] dd').textContent(), '–');
    assert.equal(await points(page, 'Miami'), '5');
    server.count += 3;
    await server.listen();
    await live(page);
    await page.locator('[data-city="Miami"][data-points="8"]').waitFor();
    assert.equal(server.latestCalls.at(-1), lastSeen);
    assert.ok(await page.evaluate(() => window.notReloaded));
    await close();
  });

  test('works by keyboard', async () => {
    const { page, close } = await open({ points: 20 });
    await live(page);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    const chart = page.locator('[data-city="Chicago"] .plot');
    await chart.focus();
    assert.notEqual(await chart.evaluate((e) => getComputedStyle(e).outlineStyle), 'none');
    assert.match(await chart.getAttribute('aria-label'), /Chicago: line chart with 20 points\. Latest \d/);
    const spoken = page.locator('[data-city="Chicago"] [aria-live]');
    await page.keyboard.press('ArrowRight');
    const last = await spoken.textContent();
    assert.match(last, /^\d\d:\d\d:\d\d: \d+\.\d degrees/);
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction((text) => document.querySelector('[data-city="Chicago"] [aria-live]').textContent !== text, last);
    await page.keyboard.press('Home');
    const { 0: first } = (await page.evaluate(() => fetch('/api/weather').then((r) => r.json()))).data.Chicago;
    await page.locator('[data-city="Chicago"] .value', { hasText: first.temperature.toFixed(1) }).waitFor();
    await page.keyboard.press('Escape');
    // Every control can be reached and shows where the focus is.
    await page.locator('body').evaluate(() => document.activeElement.blur());
    const seen = new Set();
    for (let i = 0; i < 30; i += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const e = document.activeElement;
        return e === document.body ? '' : [e.tagName, e.getAttribute('aria-label') ?? e.textContent, getComputedStyle(e).outlineStyle].join('|');
      });
      if (at) assert.ok(!at.endsWith('|none'), at);
      seen.add(at);
    }
    for (const wanted of ['Weather', 'Node', 'theme', '30 min', 'Table', 'Boston: line chart']) {
      assert.ok([...seen].some((at) => at.includes(wanted)), `${wanted} is not reachable: ${[...seen].join('\n')}`);
    }
    await close();
  });

  test('offers the numbers as a table', async () => {
    const { page, close } = await open({ points: 20 });
    await live(page);
    await page.getByRole('button', { name: 'Table' }).click();
    assert.equal(await page.locator('tbody tr').count(), 10);
    assert.match(await page.locator('tbody tr').first().textContent(), /^San Francisco\d+\.\d/);
    await shot(page, 'table');
    await close();
  });

  test('shows the node', async () => {
    const { page, close } = await open({ points: 20 });
    await page.getByRole('link', { name: 'Node' }).click();
    await page.getByRole('rowheader', { name: 'weather-average' }).waitFor();
    const text = await page.locator('main').textContent();
    for (const part of ['127.0.0.1:9092', 'weather.dlq', 'running', 'failed', 'disk full', 'iceberg', 'default.weather', '0.1.0']) {
      assert.ok(text.includes(part), part);
    }
    await close();
  });

  test('says what to do when there is nothing, and when the node fails', async () => {
    const first = await open({ points: 0 });
    await first.page.getByText('No averages yet').waitFor();
    assert.ok((await first.page.locator('main').textContent()).includes('curl "http://127.0.0.1:9998/log?city=Boston&temperature=72.5"'));
    await shot(first.page, 'empty');
    first.server.tick();
    await first.page.locator('[data-city="Boston"][data-points="1"]').waitFor();
    await first.close();

    const second = await open({ prepare: (server) => (server.fail = true) });
    await second.page.getByText('Cannot read from the node').waitFor();
    assert.ok((await second.page.locator('main').textContent()).includes("the live table 'weather_average' is not there yet"));
    await shot(second.page, 'error');
    second.server.fail = false;
    await live(second.page);
    assert.equal(await points(second.page, 'Denver'), '60');
    await second.close();
  });

  test('respects reduced motion', async () => {
    const { server, page, close } = await open({ points: 5, reducedMotion: 'reduce' });
    await live(page);
    await server.close();
    await page.locator('.connection[data-state=reconnecting]').waitFor();
    assert.equal(await page.locator('.lamp').evaluate((e) => getComputedStyle(e).animationName), 'none');
    await server.listen();
    await close();
  });

  test('the theme follows the system until the user chooses, and the choice stays', async () => {
    const { page, close } = await open({ colorScheme: 'light' });
    await live(page);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const lightColour = await background();
    await page.getByRole('button', { name: 'Use the dark theme' }).click();
    const darkColour = await background();
    assert.notEqual(lightColour, darkColour);
    await page.reload();
    await live(page);
    assert.equal(await background(), darkColour);
    await close();
  });

  for (const colorScheme of ['dark', 'light']) {
    for (const width of [1440, 1024, 390]) {
      test(`fits ${width} px in ${colorScheme}, with readable contrast`, async () => {
        const { page, close } = await open({ points: 60, width, height: width === 390 ? 844 : 900, colorScheme });
        await live(page);
        for (const view of ['weather', 'node']) {
          await page.goto(`${page.url().split('#')[0]}#${view}`);
          await page.locator(view === 'node' ? '.node' : '.charts').waitFor();
          const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.ok(overflow <= 0, `${view} is ${overflow} px too wide`);
          const bad = await page.evaluate(lowContrast);
          assert.deepEqual(bad, []);
          await shot(page, `${view}-${width}-${colorScheme}`);
        }
        await close();
      });
    }
  }
});

/** Text whose contrast with its background is below 4.5:1 (WCAG AA). Runs in the page. */
function lowContrast() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const background = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 200) return colour;
    }
    return rgba('white');
  };
  const out = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || ['SCRIPT', 'NOSCRIPT'].includes(element.tagName) || element.closest('.skip')) continue;
    const a = luminance(rgba(getComputedStyle(element).color));
    const b = luminance(background(element));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) out.push(`${element.className || element.tagName} "${walk.currentNode.data.trim()}" ${ratio.toFixed(2)}`);
  }
  return out;
}
