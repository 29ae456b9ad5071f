// The guide's publisher chapter, as its reader goes through it: the API with the
// guide's values, its five operations, and a call that gives the guide's numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, shot } from './harness.mjs';

const f = fixture({ args: ['--demo'] });

const service = '/workspaces/{workspace}/services/{service}';
const operations = [
  { verb: 'POST', template: `${service}/execute?api-version={apiversion}&details={details}`, name: 'RRS Execute' },
  { verb: 'POST', template: `${service}/jobs?api-version={apiversion}`, name: 'BES Submit' },
  { verb: 'POST', template: `${service}/jobs/{jobid}/start?api-version={apiversion}`, name: 'BES Start' },
  { verb: 'GET', template: `${service}/jobs/{jobid}?api-version={apiversion}`, name: 'BES Status' },
  { verb: 'DELETE', template: `${service}/jobs/{jobid}?api-version={apiversion}`, name: 'BES Delete' },
];

test('the guide’s publisher chapter, by hand', () =>
  f.on('/publisher', { viewport: { width: 1360, height: 1000 } }, async page => {
    await page.getByRole('link', { name: 'APIs', exact: true }).first().click();
    await page.getByRole('link', { name: 'Add API' }).click();
    await page.getByLabel('Web API name').fill('My Demo API');
    await page.getByLabel('Web service URL').fill('https://ussouthcentral.services.azureml.net');

    // Refused: the suffix of the demo's API is taken, and the field says by whom.
    await page.getByLabel('Web API URL suffix').fill('azureml-demo');
    await page.getByRole('checkbox', { name: 'HTTPS' }).check();
    await page.getByRole('combobox', { name: 'Products (optional)' }).click();
    await page.getByRole('option', { name: 'Starter' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/with the same Path 'azureml-demo'/).first().waitFor();
    await page.getByLabel('Web API URL suffix').fill('my-demo');
    await page.getByRole('button', { name: 'Save' }).click();

    for (const o of operations) {
      await page.getByRole('link', { name: 'Add operation' }).first().click();
      await page.getByRole('heading', { name: 'New operation' }).waitFor();
      await page.getByRole('combobox', { name: 'HTTP verb' }).fill(o.verb);
      await page.keyboard.press('Escape');
      await page.getByRole('textbox', { name: 'URL template' }).fill(o.template);
      await page.getByLabel('Display name').fill(o.name);
      await page.getByRole('tab', { name: 'Responses' }).click();
      await page.getByRole('combobox', { name: 'Status' }).click();
      await page.getByRole('option', { name: '200 OK' }).click();
      await page.getByRole('button', { name: 'Add response' }).click();
      await page.getByRole('button', { name: 'Save' }).click();
      await page.getByRole('link', { name: o.name }).waitFor();
    }
    await page.getByText('5 entries').waitFor();

    // Refused: the same verb and template a second time.
    await page.getByRole('link', { name: 'Add operation' }).click();
    await page.getByRole('combobox', { name: 'HTTP verb' }).fill('DELETE');
    await page.keyboard.press('Escape');
    await page.getByRole('textbox', { name: 'URL template' }).fill(operations[4].template);
    await page.getByLabel('Display name').fill('Once more');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText(/same method and URL template already exists/).first().waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();

    await callTheService(page);

    const stored = await f.server.arm('GET', '/apis/my-demo-api');
    assert.equal(stored.properties.serviceUrl, 'https://ussouthcentral.services.azureml.net');
    assert.deepEqual(stored.properties.protocols, ['https']);
    const rrs = await f.server.arm('GET', '/apis/my-demo-api/operations/rrs-execute');
    assert.deepEqual(rrs.properties.templateParameters.map(p => p.name), ['workspace', 'service', 'apiversion', 'details']);
    assert.deepEqual(rrs.properties.responses, [{ statusCode: 200, description: 'OK' }]);
    const products = await f.server.arm('GET', '/apis/my-demo-api/products');
    assert.deepEqual(products.value.map(p => p.name), ['starter']);
  }));

/** Sends the guide's request in the Test tab, traced, and without a key. */
async function callTheService(page) {
  const { demo } = f.server;
  await page.getByRole('link', { name: 'Test', exact: true }).click();
  for (const [name, value] of Object.entries({ workspace: demo.workspace, service: demo.service, apiversion: '2.0', details: 'true' })) {
    await page.getByLabel(name, { exact: true }).fill(value);
  }
  const header = async (n, name, value) => {
    await page.getByRole('button', { name: 'Add header' }).click();
    const headers = page.getByRole('group', { name: 'Headers' });
    await headers.getByLabel(`Name ${n}`).fill(name);
    await headers.getByLabel(`Value ${n}`).fill(value);
  };
  await header(1, 'Content-Type', 'application/json');
  await header(2, 'Authorization', 'Bearer …');
  await page.getByLabel('Request body').fill('{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}');

  // Refused: a header that no request can carry, then a call without a key.
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText(/The value of the header Authorization holds a character/).waitFor();
  await page.getByRole('group', { name: 'Headers' }).getByLabel('Value 2').fill(`Bearer ${demo.apiKey}`);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('401', { exact: true }).waitFor();

  await page.getByRole('combobox', { name: 'Subscription key' }).click();
  await page.getByRole('option', { name: 'Demo, Starter' }).click();
  await page.getByLabel('Trace what the policies do').check();
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByText('200', { exact: true }).waitFor();
  const content = await page.locator('pre').last().innerText();
  const answer = JSON.parse(await page.locator('section[aria-label=Response] pre').last().innerText());
  assert.deepEqual(answer.Results.output1.value.Values[0].slice(-8), ['1', '1', '2', '2', '0', '2', '0', '1'], content);
  await page.getByRole('region', { name: 'Trace' }).getByRole('button', { name: /rate-limit/ }).first().waitFor();
  await shot(page, 'api-test-answer-light', { fullPage: true });
}

test('a published web service becomes an API in one press, its values filled in', () =>
  f.on('/publisher/apis/new?from=service', {}, async page => {
    await page.getByRole('button', { name: 'Make an API of it: SimpleFeatureHashingExperiment' }).click();
    await page.getByRole('heading', { level: 1, name: 'SimpleFeatureHashingExperiment' }).waitFor();
    const rrs = await f.server.arm('GET', '/apis/simplefeaturehashingexperiment/operations/rrs-execute');
    const values = Object.fromEntries(rrs.properties.templateParameters.map(p => [p.name, p.defaultValue]));
    assert.deepEqual(values, { workspace: f.server.demo.workspace, service: f.server.demo.service, apiversion: '2.0', details: 'true' });
    const operations = await f.server.arm('GET', '/apis/simplefeaturehashingexperiment/operations');
    assert.equal(operations.count, 5);
  }));

test('an OpenAPI document becomes an API; one that is none is refused', () =>
  f.on('/publisher/apis/new?from=openapi', {}, async page => {
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('Choose a file, give a link or paste the text.').waitFor();
    await page.getByLabel('Or the text itself').fill('this is no document');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByText('This did not work').waitFor();
    const document = { openapi: '3.0.1', info: { title: 'Pets', version: '1' }, servers: [{ url: 'https://pets.example.com' }], paths: { '/pets': { get: { operationId: 'listPets', summary: 'List pets', responses: { 200: { description: 'OK' } } } } } };
    await page.getByLabel('Or the text itself').fill(JSON.stringify(document));
    await page.getByLabel('Web API URL suffix').fill('pets');
    await page.getByRole('button', { name: 'Create' }).click();
    await page.getByRole('link', { name: 'List pets' }).waitFor();
    assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Pets');
  }));
