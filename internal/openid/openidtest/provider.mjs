// Runs oidc-provider on a free port: provider.mjs LIBRARY REDIRECT_URI…
// Whoever signs in as NAME is NAME@example.com; the address of "unverified" is not verified.
import http from "node:http";

const { default: Provider } = await import(process.argv[2]);
const server = http.createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "portico", client_secret: "the secret of the client", redirect_uris: process.argv.slice(3) }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
    pkce: { required: () => true },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: id !== "unverified", given_name: id, family_name: "Provided" }),
    }),
  });
  server.on("request", provider.callback());
  console.log(`issuer ${issuer}`);
});
