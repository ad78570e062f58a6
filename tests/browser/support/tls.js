/** A server under the names of others: https on a port of its own, with a certificate made for the test. */

import { execFile } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as ask } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { promisify } from 'node:util';

/** @typedef {{ key: Buffer, cert: Buffer }} Identity */

export class Tls {
  /**
   * @param {import('node:https').Server} server
   * @param {Identity} identity
   * @param {string} url
   */
  constructor(server, identity, url) {
    this.server = server;
    this.identity = identity;
    /** Where the server is that answers. */
    this.url = url;
    this.port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
  }

  /**
   * @param {string} url
   * @returns {Promise<Tls>}
   */
  static async start(url) {
    const identity = await selfSigned();
    const server = createServer(identity, (request, response) => {
      const { method, headers } = request;
      const passed = ask(new URL(request.url ?? '/', tls.url), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        pipeline(answer, response, () => {});
      });
      pipeline(request, passed, (error) => error && response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tls = new Tls(server, identity, url);
    return tls;
  }

  /**
   * What makes a browser find `hosts` here, believe the certificate, and find nobody but them and this machine.
   *
   * @param {...string} hosts
   */
  flags(...hosts) {
    const key = new X509Certificate(this.identity.cert).publicKey.export({ type: 'spki', format: 'der' });
    const rules = [
      ...hosts.map((host) => `MAP ${host} 127.0.0.1:${this.port}`),
      'MAP * ~NOTFOUND',
      'EXCLUDE localhost',
      'EXCLUDE 127.0.0.1',
    ];
    return [
      `--host-resolver-rules=${rules.join(', ')}`,
      `--ignore-certificate-errors-spki-list=${createHash('sha256').update(key).digest('base64')}`,
    ];
  }

  stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** @returns {Promise<Identity>} */
async function selfSigned() {
  const folder = await mkdtemp(join(tmpdir(), 'cattlegrid-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = ['-subj', '/CN=tests', '-addext', 'subjectAltName=DNS:localhost'];
  await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...names, '-keyout', key, '-out', cert]);
  const identity = { key: await readFile(key), cert: await readFile(cert) };
  await rm(folder, { recursive: true });
  return identity;
}
