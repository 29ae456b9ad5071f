// The frame that every face shares: languages, colours, keys, errors, the session.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, administrator, fixture, inEveryLook, shot } from './harness.mjs';

const f = fixture();
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

test('the dashboard stands in every look', () => inEveryLook(f, 'dashboard', '/publisher', page => page.getByRole('heading', { level: 1 }).waitFor()));

test('who is not signed in is sent to sign in, and comes back', () =>
  f.on('/publisher/apis?find=echo', { signedIn: false }, async page => {
    await page.waitForURL('**/signin?*');
    await page.getByLabel('Name').fill(administrator.name);
    await page.getByLabel('Password').fill('wrong, wrong, wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('wrong').waitFor();
    await page.getByLabel('Password').fill(administrator.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await heading(page, 'APIs');
    assert.equal(await page.getByLabel('Filter').inputValue(), 'echo');
  }));

test('a page that does not exist says so', () =>
  f.on('/publisher/nothing/here', {}, async page => {
    await page.getByText('This page does not exist').waitFor();
    await accessible(page, 'not found');
    await page.getByRole('link', { name: 'To the first page' }).click();
    await heading(page, 'Dashboard');
  }));

test('the palette goes to pages and finds APIs, by keyboard only', () =>
  f.on('/publisher', {}, async page => {
    await heading(page, 'Dashboard');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to or search…' }).waitFor();
    await accessible(page, 'the palette');
    await page.keyboard.type('echo');
    await page.getByRole('option', { name: /Echo API/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('api');
    await page.getByRole('option', { name: /^APIs/ }).waitFor();
    await page.keyboard.press('Enter');
    await heading(page, 'APIs');
    await page.goBack();
    await heading(page, 'Dashboard');
    await page.keyboard.press('Shift+?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await accessible(page, 'the keys');
  }));

test('language and colours are chosen in the menu and kept', () =>
  f.on('/publisher', {}, async page => {
    await page.getByRole('button', { name: 'Account' }).click();
    await page.getByRole('menuitem', { name: 'Français' }).waitFor();
    await accessible(page, 'the account menu');
    await page.getByRole('menuitem', { name: 'Français' }).click();
    await heading(page, 'Tableau de bord');
    await page.getByRole('button', { name: 'Compte' }).click();
    await page.getByRole('menuitem', { name: 'Sombre' }).click();
    await page.reload();
    await heading(page, 'Tableau de bord');
    assert.equal(await page.getAttribute('html', 'data-mantine-color-scheme'), 'dark');
  }));

test('on a narrow screen the menu opens over the page', () =>
  f.on('/publisher', { viewport: { width: 420, height: 800 } }, async page => {
    await heading(page, 'Dashboard');
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'APIs', exact: true }).first().click();
    await heading(page, 'APIs');
    await accessible(page, 'narrow');
    await shot(page, 'narrow-light');
  }));

test('a server that stops answering is named, and trying again helps', () =>
  f.on('/publisher', {}, async page => {
    await heading(page, 'Dashboard');
    await page.route('**/subscriptions/**', route => route.abort());
    await page.getByRole('link', { name: 'APIs', exact: true }).first().click();
    await page.getByText('The server does not answer').waitFor();
    await accessible(page, 'an error');
    await page.unroute('**/subscriptions/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('link', { name: 'Echo API' }).waitFor();
  }));

test('a failure shows the request’s id to copy', () =>
  f.on('/publisher', {}, async page => {
    await heading(page, 'Dashboard');
    await page.route('**/apis?*', route => route.fulfill({ status: 500, headers: { 'X-Ms-Request-Id': 'request-4711' }, json: { error: { code: 'InternalServerError', message: 'The server failed to answer.' } } }));
    await page.getByRole('link', { name: 'APIs', exact: true }).first().click();
    await page.getByText('request-4711').waitFor();
    await page.getByRole('button', { name: 'Copy Request id' }).waitFor();
  }));
