// A real identity provider, npm's oidc-provider, on a loopback port: for tests that try Lots against code that is not ours.
// node provider.mjs FOLDER CLIENT SECRET REDIRECT AFTER: FOLDER is where `npm install oidc-provider` was run, outside the repository.
// Says {"issuer": …} on one line when it listens; ends with its standard input.
import http from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, client_id, client_secret, redirect, after] = process.argv.slice(2);
const entry = path.join(folder, 'node_modules', 'oidc-provider', 'lib', 'index.js');
const { default: Provider } = await import(pathToFileURL(entry).href);

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id, client_secret, redirect_uris: [redirect], post_logout_redirect_uris: [after] }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], commission: ['employeeHsaId', 'healthCareUnitHsaId'] },
    scopes: ['openid', 'commission'],
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, employeeHsaId: `SE2321000000-${id.toUpperCase()}`, healthCareUnitHsaId: 'SE2321000000-UNIT' }),
    }),
    cookies: { keys: ['only for tests'] },
  });
  server.on('request', provider.callback());
  process.stdout.write(`${JSON.stringify({ issuer })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
