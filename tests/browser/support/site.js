/** A site of somebody else's, on an origin of its own, under a strict content security policy. */

import { once } from 'node:events';
import { createServer } from 'node:http';

export class Site {
  /**
   * @param {import('node:http').Server} server
   * @param {string} url
   * @param {string} captcha
   */
  constructor(server, url, captcha) {
    this.server = server;
    this.url = url;
    /** @type {Record<string, string>} the content security policy */
    this.policy = {
      'default-src': "'none'",
      'script-src': `'self' ${captcha}`,
      'style-src': "'self'",
      'connect-src': captcha,
      'img-src': `'self' ${captcha}`,
      'form-action': "'self'",
    };
    /** What the page's head has besides its own script and style. */
    this.head = `<script type="module" src="${captcha}/widget.js"></script>`;
    /** The page's body. */
    this.body = '';
    /** What the page's own script does. */
    this.script = '';
    /** @type {Map<string, { type: string, content: Buffer }>} what else there is, by path */
    this.files = new Map();
    this.lang = 'en';
    /** @type {string[]} the bodies of the forms that were sent */
    this.received = [];
  }

  /**
   * @param {string} captcha the origin of the widget, or of a script that brings it
   * @returns {Promise<Site>}
   */
  static async start(captcha) {
    const server = createServer(async (request, response) => {
      if (request.method === 'POST') {
        let body = '';
        for await (const chunk of request) body += chunk;
        site.received.push(body);
      }
      const file = site.files.get(request.url ?? '');
      if (file) {
        response.setHeader('content-type', file.type);
        response.end(file.content);
        return;
      }
      const [type, content] =
        request.url === '/page.js'
          ? ['text/javascript', site.script]
          : request.url === '/page.css'
            ? ['text/css', 'body { font-family: sans-serif; padding: 1rem } .night { background: #111; padding: 1rem }']
            : ['text/html', site.page()];
      response.setHeader('content-type', `${type}; charset=utf-8`);
      response.setHeader('content-security-policy', site.rules());
      response.end(content);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const site = new Site(server, `http://localhost:${port}/`, captcha);
    return site;
  }

  rules() {
    return Object.entries(this.policy)
      .map((rule) => rule.join(' '))
      .join('; ');
  }

  page() {
    return `<!doctype html><html lang="${this.lang}"><head><meta charset="utf-8"><title>A site</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script>
      ${this.head}</head><body><main><h1>A site</h1>${this.body}</main></body></html>`;
  }

  async stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}
