/** A site of somebody else's, on an origin of its own, under a strict content security policy. */

import { once } from 'node:events';
import { createServer } from 'node:http';

export class Site {
  /**
   * @param {import('node:http').Server} server
   * @param {string} url
   */
  constructor(server, url) {
    this.server = server;
    this.url = url;
    /** The page's body. */
    this.body = '';
    /** What the page's own script does. */
    this.script = '';
    this.lang = 'en';
    /** @type {string[]} the bodies of the forms that were sent */
    this.received = [];
  }

  /**
   * @param {string} cattlegrid where the widget comes from
   * @returns {Promise<Site>}
   */
  static async start(cattlegrid) {
    const policy = [
      "default-src 'none'",
      `script-src 'self' ${cattlegrid}`,
      "style-src 'self'",
      `connect-src ${cattlegrid}`,
      `img-src 'self' ${cattlegrid}`,
      "form-action 'self'",
    ].join('; ');
    const server = createServer(async (request, response) => {
      if (request.method === 'POST') {
        let body = '';
        for await (const chunk of request) body += chunk;
        site.received.push(body);
      }
      const [type, content] =
        request.url === '/page.js'
          ? ['text/javascript', site.script]
          : request.url === '/page.css'
            ? ['text/css', 'body { font-family: sans-serif; padding: 1rem } .night { background: #111; padding: 1rem }']
            : ['text/html', site.page(cattlegrid)];
      response.setHeader('content-type', `${type}; charset=utf-8`);
      response.setHeader('content-security-policy', policy);
      response.end(content);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const site = new Site(server, `http://localhost:${port}/`);
    return site;
  }

  /** @param {string} cattlegrid */
  page(cattlegrid) {
    return `<!doctype html><html lang="${this.lang}"><head><meta charset="utf-8"><title>A site</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script>
      <script type="module" src="${cattlegrid}/widget.js"></script></head><body><main><h1>A site</h1>${this.body}</main></body></html>`;
  }

  async stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
