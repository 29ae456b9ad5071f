// What the browser tests share: the built binary over a new data folder, a
// browser, an administrator who is signed in, and what every page must hold to.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Where screenshots go; git ignores it. */
export const shots = new URL('../../web/shots/', import.meta.url).pathname;

/** Who is signed in on the pages of the console. */
export const administrator = { name: 'ann@contoso.com', password: 'correct horse battery' };
const listeners = ['gateway', 'console', 'scoring', 'portal', 'storage'];

/** Starts the binary on free ports; its ready file's content, with calls of the management API. */
export async function startServer(...args) {
  const binary = process.env.PORTICO_TEST_BINARY;
  assert.ok(binary, 'PORTICO_TEST_BINARY must name the built binary');
  const dir = mkdtempSync(join(tmpdir(), 'portico-browser-'));
  const ready = join(dir, 'ready.json');
  const addresses = listeners.flatMap(l => [`--${l}-addr`, '127.0.0.1:0']);
  const child = spawn(binary, ['serve', '--data', join(dir, 'data'), '--ready-file', ready, '--admin-email', administrator.name, ...addresses, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: withoutSettings() });
  let output = '';
  child.stdout.on('data', chunk => (output += chunk));
  child.stderr.on('data', chunk => (output += chunk));
  const exited = new Promise(resolve => child.once('exit', resolve));
  let started;
  for (let tries = 0; !started && tries < 600; tries++) {
    assert.equal(child.exitCode, null, output);
    await new Promise(resolve => setTimeout(resolve, 100));
    try {
      started = JSON.parse(readFileSync(ready, 'utf8'));
    } catch {
      // not yet
    }
  }
  assert.ok(started, output);
  const server = { ...started, output: () => output };
  server.arm = async (method, path, body, headers = {}) => {
    const [at, query] = path.split('?');
    const url = `${started.console}${started.serviceId}${at}?api-version=2024-05-01${query ? `&${query}` : ''}`;
    const response = await fetch(url, {
      method,
      headers: { Authorization: `Bearer ${started.adminToken}`, 'Content-Type': 'application/json', 'If-Match': '*', ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  };
  server.put = (path, properties) => server.arm('PUT', path, { properties }, { 'If-Match': '' });
  server.stop = async () => {
    child.kill('SIGTERM');
    await exited;
    rmSync(dir, { recursive: true, force: true });
  };
  return server;
}

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });

/**
 * One server and one browser for the tests of a file. Every page that a test
 * opens is watched: an error in it, or a violation of its
 * Content-Security-Policy, fails the test that ends next.
 */
export function fixture({ args = [], furnish = async () => undefined } = {}) {
  const f = { problems: [] };
  before(async () => {
    f.server = await startServer(...args);
    f.browser = await launch();
    f.cookies = await signIn(f.server);
    await furnish(f.server);
  });
  after(async () => {
    await f.browser?.close();
    await f.server?.stop();
  });
  /** A page of the console, signed in, with English texts in light colours where nothing else is said. */
  f.open = async (path, { language = 'en', scheme = 'light', signedIn = true, cookies = [], origin = f.server.console, ...options } = {}) => {
    const context = await f.browser.newContext({ locale: language, colorScheme: scheme, viewport: { width: 1360, height: 860 }, reducedMotion: 'reduce', ...options });
    context.setDefaultTimeout(15_000);
    await context.addCookies(signedIn ? f.cookies : cookies);
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', e => console.error(`CSP violation: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
    });
    const page = await context.newPage();
    watch(page, f.problems);
    context.on('page', other => watch(other, f.problems));
    await page.goto(origin + path);
    return page;
  };
  f.close = async page => {
    await page.context().close();
    assert.deepEqual(f.problems.splice(0), [], 'the page had errors');
  };
  /** Runs a test on a page, keeps a screenshot when it fails, and closes it. */
  f.on = async (path, options, body) => {
    const page = await f.open(path, options);
    try {
      await body(page);
    } catch (error) {
      await shot(page, `failed-${Date.now()}`).catch(() => undefined);
      f.problems.length = 0;
      await page.context().close();
      throw error;
    }
    await f.close(page);
  };
  return f;
}

function watch(page, problems) {
  page.on('pageerror', error => problems.push(`${page.url()}: ${error.message}`));
  page.on('console', message => {
    if (message.text().includes('CSP violation') || message.text().includes('Content Security Policy')) problems.push(`${page.url()}: ${message.text()}`);
  });
}

/** Follows the one-time link as the administrator does; the session's cookies. */
export async function signIn(server) {
  const code = /\/setup\?code=([\w-]+)/.exec(server.output())?.[1];
  assert.ok(code, server.output());
  const form = new URLSearchParams({ code, organization: 'Contoso', email: administrator.name, region: 'South Central US', password: administrator.password, repeat: administrator.password });
  const response = await fetch(`${server.console}/setup`, { method: 'POST', body: form, redirect: 'manual' });
  assert.equal(response.status, 303, await response.text());
  const host = new URL(server.console).hostname;
  return response.headers.getSetCookie().map(line => {
    const [name, value] = line.split(';')[0].split('=');
    return { name, value, domain: host, path: '/', httpOnly: true, sameSite: 'Lax' };
  });
}


export async function shot(page, name, options = {}) {
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`), ...options });
}

/** Fails where a page has an accessibility violation of WCAG 2.2 A or AA; coloursOnly looks at what a change of colours can break. */
export async function accessible(page, what, { coloursOnly = false } = {}) {
  await page.evaluate(`if (!window.axe) {${axeSource}}`);
  const found = await page.evaluate(async coloursOnly => {
    const rules = coloursOnly ? { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] };
    const result = await window.axe.run(document, { runOnly: rules });
    return result.violations.map(v => `${v.id}: ${v.help}: ${v.nodes.map(n => `${n.target.join(' ')} ${n.failureSummary?.split('\n')[1] ?? ''}`).join(' | ')}`);
  }, coloursOnly);
  assert.deepEqual(found, [], `accessibility of ${what}`);
}

/** Waits until the browser has painted what changed. */
const settled = page => page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))));

/**
 * Holds a page in light and dark, English and French: no accessibility
 * violation, and a screenshot of each scheme. ready says when it is whole.
 */
export async function inEveryLook(f, name, path, ready, options = {}) {
  await f.on(path, options, async page => {
    for (const language of ['en', 'fr']) {
      if (language === 'fr') {
        await page.evaluate(() => localStorage.setItem('portico.language', 'fr'));
        await page.reload();
      }
      await ready(page, language);
      await page.waitForLoadState('networkidle');
      assert.equal(await page.getAttribute('html', 'lang'), language);
      for (const scheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme: scheme });
        await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor({ state: 'attached' });
        await settled(page);
        await accessible(page, `${name}, ${language}, ${scheme}`, { coloursOnly: scheme === 'dark' });
        if (language === 'en') await shot(page, `${name}-${scheme}`);
      }
      await page.emulateMedia({ colorScheme: 'light' });
    }
  });
}

/** The environment without Portico's own settings, and without those of the tests. */
function withoutSettings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PORTICO_')));
}
