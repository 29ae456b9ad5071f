// Studio in a browser: the guide's appendix, and what can go wrong on the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessible, fixture, inEveryLook, shot } from './harness.mjs';

const f = fixture({ args: ['--demo'] });
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const node = (page, name) => page.locator('.react-flow__node').filter({ hasText: name });

test('the first page leads to a finished run in one press', () =>
  f.on('/studio', {}, async page => {
    await heading(page, 'Studio');
    await page.getByRole('button', { name: 'Make and run the example' }).click();
    await page.locator('[data-run=Finished]').waitFor();
    await node(page, 'Feature Hashing').getByText('Finished').waitFor();
    await accessible(page, 'the editor');
    await shot(page, 'studio-editor');
  }));
