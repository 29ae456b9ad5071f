// Drives every kind of resource of a started instance with Microsoft's SDK for
// JavaScript, as sdkjs_test.go asks: create, read back, HEAD, list with filter and
// in pages, patch with a stale and the right ETag, delete, read again.
//
// usage: node sdk.cjs PACKAGES ENDPOINT TOKEN SUBSCRIPTION GROUP SERVICE PFX
"use strict";
const { createRequire } = require("node:module");
const [packages, endpoint, token, subscription, group, service, pfx] = process.argv.slice(2);
const { ApiManagementClient } = createRequire(packages + "/")("@azure/arm-apimanagement");

const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3600e3 }) };
const client = new ApiManagementClient(credential, subscription, { endpoint, allowInsecureConnection: true });
const at = [group, service];

const document = "<policies><inbound><base /><set-header name=\"A\" exists-action=\"delete\" /></inbound></policies>";
const policy = { format: "rawxml", value: document };
const types = '{"type":"object"}';
const server = {
  displayName: "Login", clientRegistrationEndpoint: "https://l.example.com/apps", authorizationEndpoint: "https://l.example.com/auth",
  tokenEndpoint: "https://l.example.com/token", grantTypes: ["clientCredentials"], clientId: "id",
};

// Each kind: the client's group of operations, the names in the id, what is
// written and what is changed. fixed: it is there before anybody wrote it, and
// its name is not the caller's; there: it is there too, and can be deleted.
// write: what is sent besides and not shown in the same words; send: what is sent
// instead; read: what is read back of it. keep: others need it. matched: a PUT
// takes an ETag. optional: the ETag of a DELETE is one of its options. once: a PUT only creates.
const kinds = [
  { of: "apiVersionSet", ids: ["orders"], body: { displayName: "Orders", versioningScheme: "Query", versionQueryName: "v" }, patch: { description: "d" } },
  { of: "api", ids: ["weather"], body: { displayName: "Weather", path: "weather", serviceUrl: "http://backend:8080", protocols: ["http", "https"] }, patch: { displayName: "Climate" }, keep: true },
  { of: "apiOperation", ids: ["weather", "now"], body: { displayName: "Now", method: "GET", urlTemplate: "/now/{city}", templateParameters: [{ name: "city", type: "string", required: true }] }, patch: { description: "d" }, keep: true },
  { of: "apiSchema", ids: ["weather", "types"], body: { contentType: "application/vnd.oai.openapi.components+json" }, write: { components: { schemas: { Pet: { type: "object" } } } } },
  { of: "apiPolicy", ids: ["weather", "policy"], body: policy, read: { format: "rawxml" } },
  { of: "apiOperationPolicy", ids: ["weather", "now", "policy"], body: policy, read: { format: "rawxml" } },
  { of: "policy", ids: ["policy"], there: true, body: { format: "rawxml", value: "<policies><inbound /><backend><forward-request /></backend></policies>" }, read: { format: "rawxml" } },
  { of: "policyFragment", ids: ["common"], body: { format: "rawxml", value: "<fragment><set-header name=\"a\" exists-action=\"delete\" /></fragment>", description: "d" }, read: { format: "rawxml" } },
  { of: "policyRestriction", ids: ["base"], body: { scope: "apis", requireBase: "true" }, patch: { requireBase: "false" }, optional: true },
  { of: "tag", ids: ["red"], body: { displayName: "Red" }, patch: { displayName: "Crimson" }, keep: true },
  { of: "apiTagDescription", ids: ["weather", "red"], body: { description: "d", externalDocsUrl: "https://example.com/red" } },
  { of: "documentation", ids: ["page"], body: { title: "Page", content: "# Page" }, patch: { title: "Page 2" }, keep: true },
  { of: "apiWiki", ids: ["weather"], body: { documents: [{ documentationId: "page" }] }, patch: { documents: [] } },
  { of: "product", ids: ["gold"], body: { displayName: "Gold", subscriptionRequired: true, approvalRequired: false, state: "published" }, patch: { terms: "t" }, keep: true },
  { of: "productWiki", ids: ["gold"], body: { documents: [{ documentationId: "page" }] }, patch: { documents: [] } },
  { of: "productPolicy", ids: ["gold", "policy"], body: policy, read: { format: "rawxml" } },
  { of: "productApiLink", ids: ["gold", "w"], body: {}, write: { apiId: "/apis/weather" } },
  { of: "productGroupLink", ids: ["gold", "g"], body: {}, write: { groupId: "/groups/guests" } },
  { of: "tagApiLink", ids: ["red", "w"], body: {}, write: { apiId: "/apis/weather" } },
  { of: "tagOperationLink", ids: ["red", "o"], body: {}, write: { operationId: "/apis/weather/operations/now" } },
  { of: "tagProductLink", ids: ["red", "p"], body: {}, write: { productId: "/products/gold" } },
  { of: "group", ids: ["testers"], body: { displayName: "Testers", description: "d" }, patch: { description: "e" } },
  { of: "user", ids: ["eve"], body: { email: "eve@example.com", firstName: "Eve", lastName: "E" }, patch: { note: "n" }, keep: true },
  { of: "subscription", ids: ["s"], body: { displayName: "S", state: "active" }, write: { scope: "/products/gold" }, patch: { displayName: "S 2" } },
  { of: "apiIssue", ids: ["weather", "i"], body: { title: "T", description: "D" }, write: { userId: "/users/eve" }, patch: { state: "open" }, keep: true },
  { of: "apiIssueComment", ids: ["weather", "i", "c"], body: { text: "C" }, write: { userId: "/users/eve" } },
  { of: "apiIssueAttachment", ids: ["weather", "i", "a"], body: { title: "A", contentFormat: "link", content: "https://example.com/a" } },
  { of: "namedValue", ids: ["region"], body: { displayName: "region", value: "west", tags: ["a"], secret: false }, patch: { value: "east" } },
  { of: "backend", ids: ["b"], body: { url: "https://b.example.com", protocol: "http", title: "B" }, patch: { description: "d" } },
  { of: "certificate", ids: ["client"], body: { subject: "CN=client.example.com" }, send: { data: pfx, password: "p" }, keep: true },
  { of: "logger", ids: ["ai"], body: { loggerType: "applicationInsights", description: "d" }, write: { credentials: { instrumentationKey: "k" } }, patch: { description: "e" }, keep: true },
  { of: "diagnostic", ids: ["applicationinsights"], body: { verbosity: "error" }, write: { loggerId: "/loggers/ai" }, patch: { verbosity: "verbose" } },
  { of: "apiDiagnostic", ids: ["weather", "applicationinsights"], body: { verbosity: "error" }, write: { loggerId: "/loggers/ai" }, patch: { verbosity: "verbose" } },
  { of: "cache", ids: ["redis"], body: { useFromLocation: "default", description: "d" }, write: { connectionString: "redis:6379" }, patch: { description: "e" } },
  { of: "globalSchema", ids: ["pet"], body: { schemaType: "json", description: "d" }, write: { document: JSON.parse(types) } },
  { of: "gateway", ids: ["edge"], body: { description: "Edge" }, patch: { description: "Edge 2" }, keep: true },
  { of: "gatewayHostnameConfiguration", ids: ["edge", "default"], body: { hostname: "*.example.com" }, write: { certificateId: "/certificates/client" } },
  { of: "gatewayCertificateAuthority", ids: ["edge", "client"], body: { isTrusted: true } },
  { of: "identityProvider", ids: ["google"], body: { clientId: "id" }, write: { typePropertiesType: "google", clientSecret: "s" }, patch: { clientId: "id2" } },
  { of: "authorizationServer", ids: ["login"], body: server, write: { clientSecret: "s" }, patch: { defaultScope: "read" } },
  { of: "openIdConnectProvider", ids: ["oidc"], body: { displayName: "OIDC", metadataEndpoint: "https://o.example.com/.well-known/openid-configuration", clientId: "id" }, write: { clientSecret: "s" }, patch: { description: "d" } },
  { of: "emailTemplate", ids: ["newDeveloperNotificationMessage"], fixed: true, body: { subject: "Hello", body: "<p>Hello</p>" }, patch: { subject: "Good day" } },
  { of: "contentType", ids: ["page"], body: { description: "d", version: "1.0.0" }, write: { idPropertiesId: "page", namePropertiesName: "Page", schema: { type: "object" } }, keep: true },
  { of: "contentItem", ids: ["page", "home"], body: {}, write: { properties: { en_us: { title: "Home" } } } },
  { of: "signInSettings", ids: [], fixed: true, body: { enabled: true }, patch: { enabled: false } },
  { of: "signUpSettings", ids: [], fixed: true, body: { enabled: true }, write: { termsOfService: { text: "Be kind.", enabled: true, consentRequired: false } }, patch: { enabled: false } },
  { of: "delegationSettings", ids: [], fixed: true, body: { url: "https://sso.example.com/in" }, write: { subscriptions: { enabled: false }, userRegistration: { enabled: false } }, patch: { url: "https://sso.example.com/out" } },
  { of: "portalConfig", ids: ["default"], fixed: true, matched: true, body: { enableBasicAuth: false }, patch: { enableBasicAuth: true } },
  { of: "portalRevision", ids: ["20261124"], body: { description: "First" }, patch: { description: "Best" }, once: true },
  { of: "tenantAccess", ids: ["access"], fixed: true, matched: true, body: { enabled: true }, patch: { enabled: false }, write: {} },
];

function fail(what) { throw new Error(what); }

function same(want, got, where) {
  for (const [name, value] of Object.entries(want)) {
    if (JSON.stringify(got[name]) !== JSON.stringify(value)) fail(`${where}: ${name} is ${JSON.stringify(got[name])}, want ${JSON.stringify(value)}`);
  }
}

async function refused(status, what, call) {
  try {
    await call();
  } catch (e) {
    if (e.statusCode !== status) fail(`${what}: got ${e.statusCode} ${e.message}, want ${status}`);
    return;
  }
  fail(`${what}: it was taken, want ${status}`);
}

async function drive(k) {
  const ops = client[k.of];
  if (!ops) fail("the client has no " + k.of);
  const pick = (...names) => {
    const name = names.find((n) => typeof ops[n] === "function");
    return name && ops[name].bind(ops);
  };
  const id = [...at, ...k.ids], parent = [...at, ...k.ids.slice(0, -1)];
  const get = pick("get"), head = pick("getEntityTag"), update = pick("beginUpdateAndWait", "update"), remove = pick("beginDeleteAndWait", "delete");
  const put = pick("beginCreateOrUpdateAndWait", "createOrUpdate", "create");
  const list = pick("listByService", "list", "listByApi", "listByOperation", "listByProduct", "listByTag");
  const unmatched = k.of.endsWith("Link"); // their DELETE takes no ETag
  const body = { ...(k.send || { ...k.body, ...k.write }) };

  if (!k.fixed && !k.there) await refused(404, "read before create", () => get(...id));
  const match = k.matched ? ["*"] : [];
  const made = k.of === "tenantAccess" ? await ops.create(...id, "*", body) : await put(...id, ...match, body);
  same(k.body, made, "create");
  same(k.read ? {} : k.body, await get(...id), "read");
  let etag = "*";
  if (head) etag = (await head(...id)).eTag || fail("HEAD gave no ETag");
  if (!k.once && k.of !== "tenantAccess" && !k.matched) {
    same(k.body, await put(...id, body), "replace");
    if (head) {
      const after = (await head(...id)).eTag;
      if (after === etag) fail("the ETag stayed when the resource was replaced");
      etag = after;
    }
  }
  if (k.patch) {
    await refused(412, "patch of a stale version", () => update(...id, '"stale"', k.patch));
    await update(...id, etag, k.patch);
    same({ ...k.body, ...k.patch }, await get(...id), "read after patch");
  }
  if (list && k.ids.length > 0) {
    const own = k.ids[k.ids.length - 1];
    const names = async (options) => {
      const found = [];
      const result = list(...parent, options);
      const values = result[Symbol.asyncIterator] ? result : (await result).value;
      for await (const v of values) found.push(v.name);
      return found;
    };
    const all = await names();
    if (!all.includes(own)) fail(`${own} is not in the list ${all}`);
    if (!k.of.endsWith("olicy")) {
      const pages = await names({ top: 1 });
      if (pages.join() !== all.join()) fail(`in pages of one: ${pages}, want ${all}`);
    }
    if (!["apiPolicy", "apiOperationPolicy", "productPolicy", "policy", "contentType", "contentItem", "portalConfig"].includes(k.of) && !unmatched) {
      const found = await names({ filter: `name eq '${own}'` });
      if (found.join() !== own) fail(`filtered: ${found}, want ${own}`);
    }
  }
  return async () => {
    if (!remove) return;
    const del = (tag) => remove(...id, ...(unmatched ? [] : [k.optional ? { ifMatch: tag } : tag]));
    if (!unmatched) await refused(412, "delete of a stale version", () => del('"stale"'));
    await del("*");
    if (!k.fixed) await refused(404, "read after delete", () => get(...id));
  };
}

async function main() {
  const later = [];
  for (const k of kinds) {
    try {
      const end = await drive(k);
      if (k.keep) later.unshift([k, end]);
      else await end();
      console.log(`ok ${k.of}`);
    } catch (e) {
      console.log(`FAIL ${k.of}: ${e.message}`);
    }
  }
  for (const [k, end] of later) {
    try {
      await end();
    } catch (e) {
      console.log(`FAIL ${k.of}, deleted: ${e.message}`);
    }
  }
  console.log("done");
}

main();
