// Studio in a browser: the guide's appendix, daily work, and what can go wrong on the way.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { accessible, fixture, inEveryLook, shot } from './harness.mjs';

const f = fixture({ args: ['--demo'] });
const heading = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
const node = (page, name) => page.locator('.react-flow__node').filter({ hasText: name });
const saved = page => page.getByRole('status').filter({ hasText: /^Saved$/ }).waitFor();
const finished = page => page.locator('[data-run=Finished]').waitFor();

/** Calls the Studio API as the administrator. */
async function api(method, path, body) {
  const response = await fetch(`${f.server.console}/api/workspaces/${f.server.demo.workspace}${path}`, {
    method,
    headers: { Authorization: `Bearer ${f.server.adminToken}`, 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}

const nothing = { ModuleNodes: [], EdgesInternal: [], SerializedClientData: '' };

/** Makes an experiment over the wire; its address. */
async function experiment(name, graph = nothing, more = {}) {
  const x = await api('POST', '/experiments', { Description: name, IsDraft: true, ExperimentGraph: graph, WebService: { Inputs: [], Outputs: [], Parameters: [] }, ...more });
  return { id: x.ExperimentId, path: `/studio/experiments/${x.ExperimentId}` };
}

const moduleNode = (Id, ModuleId, values = {}) => ({ Id, ModuleId, ModuleParameters: Object.entries(values).map(([Name, Value]) => ({ Name, Value })) });
const typed = (rows, name = 'Enter Data Manually') => moduleNode('-1', name, { DataFormat: 'CSV', HasHeader: 'True', Data: rows });

/** Draws a wire from one node's output to another's input. */
async function wire(page, from, output, to, input) {
  const source = node(page, from).locator(`.react-flow__handle.source[data-handleid="${output}"]`);
  const target = node(page, to).locator(`.react-flow__handle.target[data-handleid="${input}"]`);
  const a = await source.boundingBox();
  const b = await target.boundingBox();
  await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2 - 8, { steps: 6 });
  await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 3 });
  await page.mouse.up();
}

/** Drags an entry of the palette to a place on the canvas. */
async function drag(page, name, x, y) {
  await page.getByLabel('Search modules and datasets').fill(name);
  await page.getByRole('button', { name: `Add ${name}`, exact: true }).dragTo(page.locator('.react-flow__pane'), { targetPosition: { x, y } });
}

test('the first page leads to a finished run in one press', () =>
  f.on('/studio', {}, async page => {
    await heading(page, 'Studio');
    await page.getByRole('button', { name: 'Make and run the example' }).click();
    await finished(page);
    await node(page, 'Feature Hashing').getByText('Finished').waitFor();
    assert.equal(await page.locator('.react-flow__edge').count(), 4);
    await accessible(page, 'the editor');
    await shot(page, 'studio-editor');
  }));

test("the guide's appendix: from a blank experiment to a web service, tested and managed", () =>
  f.on('/studio/experiments', {}, async page => {
    await page.getByRole('button', { name: 'New experiment' }).click();
    await page.getByRole('textbox', { name: 'Name of the experiment' }).fill('The guide');
    await drag(page, 'Book Reviews', 140, 40);
    await drag(page, 'Select Columns in Dataset', 140, 150);
    await drag(page, 'Feature Hashing', 140, 270);
    await page.getByLabel('Search modules and datasets').fill('');
    await wire(page, 'Book Reviews', 'dataset', 'Select Columns', 'Dataset');
    await wire(page, 'Select Columns', 'Results dataset', 'Feature Hashing', 'Dataset');
    assert.equal(await page.locator('.react-flow__edge').count(), 2);

    await node(page, 'Select Columns').click();
    await page.getByRole('button', { name: 'Launch column selector' }).click();
    await page.getByRole('button', { name: 'Select Col2' }).click();
    await accessible(page, 'the column selector');
    await shot(page, 'studio-columns');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('Col2', { exact: true }).waitFor();

    await node(page, 'Feature Hashing').click();
    await page.getByLabel('Hashing bitsize').fill('3');
    await page.getByLabel('N-grams').fill('2');
    await page.getByRole('button', { name: 'Launch column selector' }).click();
    await page.getByLabel('Selected columns').first().fill('Col2');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await finished(page);

    // The service skips Select Columns: both ports are joined to Feature Hashing, without a mouse.
    await page.getByRole('button', { name: 'Add Web Service Input' }).click();
    await page.getByRole('button', { name: 'Add Web Service Output' }).click();
    await page.getByRole('button', { name: 'Connect output1' }).click();
    await page.getByRole('button', { name: 'Feature Hashing – Transformed dataset' }).click();
    await node(page, 'Feature Hashing').click();
    await page.getByRole('button', { name: 'Connect Dataset' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'input1' }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await finished(page);
    await saved(page);
    await page.getByRole('button', { name: 'Publish web service' }).click();
    await page.getByRole('button', { name: 'Yes, publish' }).click();

    await heading(page, 'The guide');
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByLabel('Col2').fill('This is a good day');
    await page.getByRole('button', { name: 'Send' }).click();
    const cells = page.getByRole('region', { name: 'output1' }).getByRole('cell');
    await cells.first().waitFor();
    assert.equal((await cells.allTextContents()).slice(-8).join(' '), '1 1 2 2 0 2 0 1');
    await accessible(page, 'the web service');
    await shot(page, 'studio-service', { fullPage: true });

    await page.getByRole('button', { name: 'Manage in API Management' }).click();
    await page.getByRole('button', { name: 'Make the API' }).click();
    await page.waitForURL('**/publisher/apis/the-guide');
    const { value } = await f.server.arm('GET', '/apis/the-guide/operations');
    assert.equal(value.length, 5);
  }));

test('a second experiment: upload, shape, run, visualize, publish, call', () =>
  f.on('/studio/datasets', {}, async page => {
    const rows = ['age,city,fare', ...Array.from({ length: 60 }, (_, i) => `${20 + (i % 40)},${i % 3 ? 'Lyon' : 'Nice'},${(i * 1.5).toFixed(1)}`)].join('\n');
    await page.locator('input[type=file]').setInputFiles({ name: 'trips.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
    await accessible(page, 'an upload');
    await page.getByRole('button', { name: 'Upload', exact: true }).last().click();
    await page.getByText('trips is ready').waitFor();
    await page.getByRole('link', { name: 'trips' }).click();
    await heading(page, 'trips');
    await page.getByLabel('Columns').first().click();
    await page.getByRole('option', { name: 'fare (Double)' }).click();
    await page.getByRole('img', { name: 'Histogram of fare' }).waitFor();
    await page.getByText('Standard deviation').waitFor();
    await accessible(page, 'a dataset');

    const made = await experiment('Trips');
    await page.goto(f.server.console + made.path);
    await page.getByRole('button', { name: 'Add trips' }).click();
    await page.getByRole('button', { name: 'Add Normalize Data' }).click();
    await page.getByRole('button', { name: 'Connect Dataset' }).click();
    await page.getByRole('button', { name: 'trips', exact: true }).click();
    await page.getByRole('button', { name: 'Launch column selector' }).click();
    await page.getByText('With rules').click();
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByLabel('Rule 1: Select columns').first().click();
    await page.getByRole('option', { name: 'column types' }).click();
    await page.getByRole('group', { name: 'Rule 1' }).locator('.mantine-MultiSelect-input').click();
    await page.getByRole('option', { name: 'Numeric' }).click();
    await page.keyboard.press('Escape');
    await accessible(page, 'rules');
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Add Web Service Input' }).click();
    await node(page, 'Normalize Data').click();
    await page.getByRole('button', { name: 'Connect Dataset' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'input1' }).click();
    await page.getByRole('button', { name: 'Add Web Service Output' }).click();
    await page.getByRole('button', { name: 'Connect output1' }).click();
    await page.getByRole('button', { name: /Normalize Data – Transformed dataset/ }).click();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await finished(page);
    await node(page, 'Normalize Data').click();
    await page.getByRole('link', { name: /Visualize Transformed dataset/i }).click();
    await page.getByRole('columnheader', { name: 'fare' }).waitFor();
    await page.goBack();
    await saved(page);
    await page.getByRole('button', { name: 'Publish web service' }).click();
    await page.getByRole('button', { name: 'Yes, publish' }).click();
    await heading(page, 'Trips');
    await page.locator('input[type=file]').setInputFiles({ name: 'batch.csv', mimeType: 'text/csv', buffer: Buffer.from(rows) });
    await page.getByRole('button', { name: 'Upload and run' }).click();
    await page.getByRole('link', { name: 'Download output1' }).waitFor();
    const href = await page.getByRole('link', { name: 'Download output1' }).getAttribute('href');
    const answer = await fetch(href);
    assert.equal(answer.status, 200);
    assert.equal((await answer.text()).trim().split('\n').length, 61);
  }));

test('a wire that does not fit is refused, and says why', async () => {
  const made = await experiment('Wires', { ...nothing, ModuleNodes: [typed('a,b\n1,2'), moduleNode('-2', 'Apply Filter'), moduleNode('-3', 'Add Rows')], EdgesInternal: [{ SourceOutputPortId: '-3:Results dataset', DestinationInputPortId: '-2:Dataset' }] });
  await f.on(made.path, {}, async page => {
    await node(page, 'Apply Filter').waitFor();
    await wire(page, 'Enter Data Manually', 'dataset', 'Apply Filter', 'Filter');
    await page.getByText('the ports have different types').waitFor();
    await wire(page, 'Enter Data Manually', 'dataset', 'Apply Filter', 'Dataset');
    await page.getByText('Something is connected there already').waitFor();
    await wire(page, 'Apply Filter', 'Results dataset', 'Add Rows', 'Dataset1');
    await page.getByText('would make a circle').waitFor();
    assert.equal(await page.locator('.react-flow__edge').count(), 1);
  });
});

test('a node that fails shows its documented error, and the run can begin from there again', async () => {
  const made = await experiment('Failing', { ...nothing, ModuleNodes: [typed('a,b\n1,2'), moduleNode('-2', 'Select Columns in Dataset', { 'Select columns': '{"isFilter":true,"rules":[{"ruleType":"ColumnNames","columns":["gone"],"exclude":false}]}' })], EdgesInternal: [{ SourceOutputPortId: '-1:dataset', DestinationInputPortId: '-2:Dataset' }] });
  await f.on(made.path, {}, async page => {
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('alert').getByText('Error 0001').first().click();
    await page.getByRole('region', { name: 'Properties' }).getByText('Error 0001').first().waitFor();
    await accessible(page, 'a failed run');
    await shot(page, 'studio-failed');
    await page.getByRole('button', { name: 'Launch column selector' }).click();
    await page.getByText('gone is not among the columns').waitFor();
    await page.getByRole('button', { name: 'Take gone out' }).click();
    await page.getByRole('button', { name: 'Select b' }).click();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Run from here' }).click();
    await finished(page);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Compare with now' }).click();
    await page.getByRole('region', { name: 'What differs' }).getByRole('rowheader', { name: 'Select columns', exact: true }).waitFor();
    await accessible(page, 'the history');
  });
});

test('undo, redo, copy, paste, delete, and foreign JSON', async () => {
  const made = await experiment('Undo', { ...nothing, ModuleNodes: [typed('a\n1'), moduleNode('-2', 'Add Rows')], EdgesInternal: [{ SourceOutputPortId: '-1:dataset', DestinationInputPortId: '-2:Dataset1' }] });
  await f.on(made.path, { permissions: ['clipboard-read', 'clipboard-write'] }, async page => {
    const count = n => page.waitForFunction(wanted => document.querySelectorAll('.react-flow__node').length === wanted, n);
    await node(page, 'Add Rows').click();
    await page.keyboard.press('Delete');
    await count(1);
    await page.keyboard.press('Control+z');
    await count(2);
    assert.equal(await page.locator('.react-flow__edge').count(), 1);
    await page.keyboard.press('Control+y');
    await count(1);
    await page.getByRole('button', { name: 'Undo' }).click();
    await count(2);
    await node(page, 'Add Rows').click();
    await page.keyboard.press('Control+c');
    await page.keyboard.press('Control+v');
    await count(3);
    await page.evaluate(() => navigator.clipboard.writeText('{"some":"JSON"}'));
    await page.locator('.react-flow__pane').click({ position: { x: 5, y: 5 } });
    await page.keyboard.press('Control+v');
    await page.getByText('no part of an experiment').waitFor();
    await saved(page);
    assert.equal((await api('GET', `/experiments/${made.id}`)).Graph.ModuleNodes.length, 3);
  });
});

test('while the server is gone nothing typed is lost, even over a reload', async () => {
  const made = await experiment('Gone');
  await f.on(made.path, {}, async page => {
    await page.getByRole('textbox', { name: 'Name of the experiment' }).waitFor();
    await page.route(`**/experiments/${made.id}`, route => (route.request().method() === 'POST' ? route.abort() : route.continue()));
    await page.getByRole('textbox', { name: 'Name of the experiment' }).fill('Typed meanwhile');
    await page.getByText('The server does not answer').waitFor();
    await accessible(page, 'a server that is gone');
    page.on('dialog', d => d.accept());
    await page.reload();
    await page.waitForFunction(() => document.querySelector('input[aria-label="Name of the experiment"]')?.value === 'Typed meanwhile');
    await page.unroute(`**/experiments/${made.id}`);
    await page.waitForTimeout(0);
    await page.getByRole('textbox', { name: 'Name of the experiment' }).fill('Typed meanwhile, and after');
    await saved(page);
    assert.equal((await api('GET', `/experiments/${made.id}`)).Description, 'Typed meanwhile, and after');
  });
});

test('what somebody else saved is not overwritten: theirs, mine, or a copy', async () => {
  const made = await experiment('Two of us');
  await f.on(made.path, {}, async page => {
    await page.getByRole('textbox', { name: 'Name of the experiment' }).waitFor();
    const theirs = () => api('POST', `/experiments/${made.id}`, { Description: 'Theirs', IsDraft: true, ExperimentGraph: nothing, WebService: { Inputs: [], Outputs: [], Parameters: [] } });
    await theirs();
    await page.getByRole('textbox', { name: 'Name of the experiment' }).fill('Mine');
    await page.getByRole('dialog', { name: /Somebody else changed/ }).waitFor();
    await accessible(page, 'the conflict');
    await shot(page, 'studio-conflict');
    await page.getByRole('button', { name: 'Save mine over theirs' }).click();
    await saved(page);
    assert.equal((await api('GET', `/experiments/${made.id}`)).Description, 'Mine');
    await theirs();
    await page.getByRole('textbox', { name: 'Name of the experiment' }).fill('Mine again');
    await page.getByRole('button', { name: 'Save mine as a copy' }).click();
    await page.waitForFunction(() => document.querySelector('input[aria-label="Name of the experiment"]')?.value === 'Mine again (mine)');
    assert.equal((await api('GET', `/experiments/${made.id}`)).Description, 'Theirs');
  });
});

test('modules that are not here are marked, and the rest can be edited', async () => {
  const made = await experiment('Foreign', { ...nothing, ModuleNodes: [moduleNode('-7', '506153734175476c4f62416c57734963.ffffffffe7244d5abe81d5b0ff9bdb33.v1-default-1'), moduleNode('-8', 'Add Rows')] });
  await f.on(made.path, {}, async page => {
    await page.getByText('Not available here').first().click();
    await page.getByText('This instance has no module with the id').first().waitFor();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('alert').getByText('Not available', { exact: false }).or(page.getByRole('alert').getByText('unknown', { exact: false })).or(page.getByRole('alert').getByText('no module', { exact: false })).first().waitFor();
  });
});

test('an experiment is exported, imported, renamed, copied and deleted', () =>
  f.on('/studio/experiments', {}, async page => {
    await experiment('To export <b>bold</b>', { ...nothing, ModuleNodes: [typed('a\n1')] });
    await page.getByLabel('Filter').fill('To export');
    await page.getByRole('button', { name: /Actions for To export/ }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'Export' }).click()]);
    const file = readFileSync(await download.path());
    await page.locator('input[type=file]').setInputFiles({ name: 'broken.json', mimeType: 'application/json', buffer: Buffer.from('{"a":1}') });
    await page.getByText('broken.json holds no experiment').waitFor();
    await page.locator('input[type=file]').setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: file });
    await node(page, 'Enter Data Manually').waitFor();
    await page.goto(`${f.server.console}/studio/experiments?find=To+export`);
    await page.getByRole('button', { name: /Actions for To export/ }).first().click();
    await page.getByRole('menuitem', { name: 'Rename' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Renamed');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByLabel('Filter').fill('Renamed');
    await page.getByRole('link', { name: 'Renamed' }).waitFor();
    await page.getByRole('button', { name: 'Actions for Renamed' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('No experiment of that name').waitFor();
  }));

test('an upload that was cut off goes on where it stopped', () =>
  f.on('/studio/datasets', {}, async page => {
    const file = { name: 'large.csv', mimeType: 'text/csv', buffer: Buffer.from(`x\n${'1234567\n'.repeat(800_000)}`) };
    await page.route('**/blobuploads/**', route => (route.request().url().includes('blockId=2') ? route.abort() : route.continue()));
    await page.locator('input[type=file]').setInputFiles(file);
    await page.getByRole('button', { name: 'Upload', exact: true }).last().click();
    await page.getByText(/stopped at/).waitFor();
    await accessible(page, 'a stopped upload');
    await page.unroute('**/blobuploads/**');
    const blocks = [];
    page.on('request', r => r.url().includes('/blobuploads/') && blocks.push(new URL(r.url()).searchParams.get('blockId')));
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('large is ready').waitFor();
    assert.deepEqual(blocks, ['2', '3']);
  }));

test('a file that is no table says where it breaks', () =>
  f.on('/studio/datasets', {}, async page => {
    await page.locator('input[type=file]').setInputFiles({ name: 'ragged.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n3\n') });
    await page.getByRole('button', { name: 'Upload', exact: true }).last().click();
    await page.getByRole('alert').getByText(/row 2/).first().waitFor();
    await page.getByRole('button', { name: 'Actions for ragged' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('ragged was deleted').waitFor();
  }));

test('a service refuses a row, and a new key replaces the old one', () =>
  f.on('/studio/services', {}, async page => {
    await page.getByRole('link', { name: 'SimpleFeatureHashingExperiment' }).first().click();
    await page.route('**/execute?*', route => route.continue({ postData: '{"Inputs":{"wrong":{}}}' }));
    await page.getByRole('button', { name: 'Test', exact: true }).click();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor();
    await accessible(page, 'a refused row');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Make a new key: Secondary key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Make a new key' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Show Secondary key' }).click();
  }));

for (const [name, path, ready] of [
  ['studio-home', '/studio', page => page.getByRole('heading', { level: 1 }).waitFor()],
  ['studio-experiments', '/studio/experiments', page => page.getByRole('link', { name: 'SimpleFeatureHashingExperiment' }).first().waitFor()],
  ['studio-datasets', '/studio/datasets', page => page.getByRole('link', { name: 'Book Reviews' }).waitFor()],
  ['studio-services', '/studio/services', page => page.getByRole('link', { name: 'SimpleFeatureHashingExperiment' }).first().waitFor()],
  ['studio-jobs', '/studio/jobs', page => page.getByRole('heading', { level: 1 }).waitFor()],
]) {
  test(`${name} stands in every look`, () => inEveryLook(f, name, path, ready));
}

test('the editor stands in every look', async () => {
  const [x] = await api('GET', '/experiments');
  await inEveryLook(f, 'studio-canvas', `/studio/experiments/${x.ExperimentId}`, page => node(page, 'Feature Hashing').waitFor());
});
