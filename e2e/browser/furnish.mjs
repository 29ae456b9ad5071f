// Fills an instance so that every screen of the publisher portal has something to show.

export async function furnish(server) {
  const { put } = server;
  await put('/users/bob', { firstName: 'Bob', lastName: 'Miller', email: 'bob@example.com', note: 'Met at the fair' });
  await put('/users/eve', { firstName: 'Ève', lastName: 'Dupont', email: 'eve@example.com', state: 'blocked' });
  await put('/groups/partners', { displayName: 'Partners', description: 'Companies we work with' });
  await server.arm('PUT', '/groups/partners/users/bob', {}, { 'If-Match': '' });
  await put('/namedValues/region', { displayName: 'region', value: 'South Central US', secret: false, tags: ['place'] });
  await put('/namedValues/key', { displayName: 'backend-key', value: 'top-secret-value', secret: true });
  await put('/backends/primary', {
    title: 'Primary',
    url: 'https://one.example.com/',
    protocol: 'http',
    credentials: { header: { 'x-key': ['{{backend-key}}'] } },
    circuitBreaker: { rules: [{ name: 'rule', failureCondition: { count: 3, interval: 'PT1M' }, tripDuration: 'PT30S' }] },
  });
  await put('/backends/second', { title: 'Second', url: 'https://two.example.com/', protocol: 'http' });
  const backend = name => `${server.serviceId}/backends/${name}`;
  await put('/backends/pool', { title: 'Both', type: 'Pool', pool: { services: [{ id: backend('primary'), priority: 1, weight: 3 }, { id: backend('second'), priority: 1, weight: 1 }] } });
  await put('/apis/echo-api/policies/policy', {
    format: 'rawxml',
    value: '<policies>\n    <inbound>\n        <base />\n        <set-header name="X-Region" exists-action="override">\n            <value>{{region}}</value>\n        </set-header>\n        <choose>\n            <when condition="@(context.Request.Method == "POST")">\n                <set-variable name="posted" value="@(true)" />\n            </when>\n        </choose>\n    </inbound>\n    <backend>\n        <base />\n    </backend>\n    <outbound>\n        <base />\n    </outbound>\n    <on-error>\n        <base />\n    </on-error>\n</policies>\n',
  });
  await put('/apis/echo-api;rev=2', { sourceApiId: `${server.serviceId}/apis/echo-api`, apiRevisionDescription: 'Longer answers' });
  await put('/apis/echo-api/issues/slow', {
    title: 'Slow in the morning',
    description: 'Between **8 and 9**, answers take seconds.',
    createdDate: '2026-11-20T08:30:00Z',
    userId: `${server.serviceId}/users/bob`,
    apiId: `${server.serviceId}/apis/echo-api`,
    state: 'open',
  });
  await put('/identityProviders/aad', { clientId: 'b4c1', clientSecret: 'secret', allowedTenants: ['contoso.com'] });
  await put('/openidConnectProviders/contoso', { displayName: 'Contoso sign-in', metadataEndpoint: 'https://login.contoso.com/.well-known/openid-configuration', clientId: 'portal' });
  await server.arm('PUT', '/notifications/BCC/recipientEmails/log@contoso.com', {}, { 'If-Match': '' });
  await put('/subscriptions/bob-unlimited', { displayName: 'Bob, Unlimited', scope: `${server.serviceId}/products/unlimited`, ownerId: `${server.serviceId}/users/bob`, state: 'submitted' });
  await callSome(server);
}

/** Some calls, good and bad, for the reports. */
async function callSome({ gateway, demo }) {
  const body = JSON.stringify({ Inputs: { input1: { ColumnNames: ['Col2'], Values: [['This is a good day']] } }, GlobalParameters: {} });
  const url = `${gateway}/${demo.apiPath}/workspaces/${demo.workspace}/services/${demo.service}/execute?api-version=2.0&details=true`;
  for (const key of [demo.subscriptionKey, demo.subscriptionKey, demo.subscriptionKey, 'wrong', demo.starterKey]) {
    await fetch(url, { method: 'POST', body, headers: { 'Ocp-Apim-Subscription-Key': key, Authorization: `Bearer ${demo.apiKey}`, 'Content-Type': 'application/json' } });
  }
}
