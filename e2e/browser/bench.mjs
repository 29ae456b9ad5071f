// Prints how long pages take until they can be used, with a new browser and an
// empty cache each time: the median of five, and what was transferred. Then, how
// evenly a list of 10,000 rows scrolls. Figures, not a test: nothing fails.
import { launch, signIn, startServer } from './harness.mjs';

const rounds = Number(process.env.ROUNDS ?? 5);

/** Where pages are, and what shows that they can be used. Each face adds its rows. */
const pages = [
  ['Publisher portal: dashboard', 'console', '/publisher', page => page.getByRole('heading', { name: 'Calls over time' })],
  ['Publisher portal: APIs', 'console', '/publisher/apis', page => page.getByRole('link', { name: 'AzureML Demo API' })],
  ['Publisher portal: policies', 'console', '/publisher/policies', page => page.getByRole('textbox', { name: 'Policy document' })],
  ['Publisher portal: analytics', 'console', '/publisher/analytics/usage', page => page.locator('canvas').first()],
];

const median = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

const server = await startServer('--demo');
const cookies = await signIn(server);
try {
  console.log(`${'page'.padEnd(34)} usable (ms)  transfer (KiB)  requests`);
  for (const [name, listener, path, ready] of pages) {
    const times = [];
    let bytes = 0;
    let requests = 0;
    for (let i = 0; i < rounds; i++) {
      const browser = await launch();
      const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
      if (listener === 'console') await context.addCookies(cookies);
      const page = await context.newPage();
      const client = await context.newCDPSession(page);
      await client.send('Network.enable');
      bytes = 0;
      requests = 0;
      client.on('Network.loadingFinished', e => {
        bytes += e.encodedDataLength;
        requests++;
      });
      const start = performance.now();
      await page.goto(server[listener] + path, { waitUntil: 'commit' });
      await ready(page).waitFor();
      times.push(performance.now() - start);
      await page.waitForLoadState('networkidle');
      await browser.close();
    }
    console.log(`${name.padEnd(34)} ${String(Math.round(median(times))).padStart(11)}  ${(bytes / 1024).toFixed(0).padStart(14)}  ${String(requests).padStart(8)}`);
  }
  await scroll();
} finally {
  await server.stop();
}

/** Scrolls a list of 10,000 groups by a screen each frame, and prints the frames' lengths. */
async function scroll() {
  const put = i => server.put(`/groups/v${i}`, { displayName: `v${String(i).padStart(5, '0')}` });
  for (let i = 0; i < 10_000; i += 50) await Promise.all(Array.from({ length: 50 }, (_, n) => put(i + n)));
  const browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 } });
  await context.addCookies(cookies);
  const page = await context.newPage();
  await page.goto(`${server.console}/publisher/groups`);
  const table = page.getByRole('table', { name: 'Groups' });
  await table.getByRole('link', { name: 'v00000' }).waitFor();
  const frames = await table.evaluate(
    e =>
      new Promise(resolve => {
        const lengths = [];
        let last = performance.now();
        const step = now => {
          lengths.push(now - last);
          last = now;
          e.scrollBy(0, e.clientHeight);
          if (e.scrollTop + e.clientHeight < e.scrollHeight - 1 && lengths.length < 2000) requestAnimationFrame(step);
          else resolve(lengths.slice(1));
        };
        requestAnimationFrame(step);
      }),
  );
  await table.getByRole('link', { name: 'v09999' }).waitFor();
  frames.sort((a, b) => a - b);
  console.log(`\n10,000 rows, a screen each frame: ${frames.length} frames, median ${Math.round(median(frames))} ms, 95% within ${Math.round(frames[Math.floor(frames.length * 0.95)])} ms, longest ${Math.round(frames.at(-1))} ms`);
  await browser.close();
}
