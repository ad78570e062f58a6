/** The page before a site that cannot change, behind a proxy, in a browser without JavaScript. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { after, afterEach, before, describe, test } from 'node:test';

import { axeFindsNothing, launch, screenshot } from './support/browser.js';
import { Cattlegrid } from './support/cattlegrid.js';

/** @import { IncomingMessage, Server, ServerResponse } from 'node:http' */
/** @import { Browser, BrowserContextOptions, Page } from 'playwright-core' */

const CONFIG = `client_address.trusted_proxies = ["127.0.0.1"]
  [[sites]]
  key = "shop"
  secret = "the-secret-key-of-the-shop"
  [forward_auth]`;

const THEMES = /** @type {const} */ (['light', 'dark']);
const DEVICES = { phone: { width: 360, height: 740 }, desk: { width: 1280, height: 900 } };

/** Does what Caddy's forward_auth is documented to do, before a site that says what it was asked for. */
class Guarded {
  /**
   * @param {Server} server
   * @param {string} url
   */
  constructor(server, url) {
    this.server = server;
    this.url = url;
    /** @type {string[]} what the site was asked for */
    this.asked = [];
    /** Where the site sends those on who ask for `/elsewhere`. */
    this.elsewhere = '';
  }

  /** @param {string} cattlegrid */
  static async start(cattlegrid) {
    const server = createServer((visit, reply) => {
      const own = {
        'x-forwarded-for': '198.51.100.7',
        'x-forwarded-proto': 'http',
        'x-forwarded-host': visit.headers.host ?? '',
      };
      if (visit.url?.startsWith('/.cattlegrid/')) {
        const asked = forward(cattlegrid + visit.url, { method: visit.method, headers: { ...visit.headers, ...own } });
        visit.pipe(asked.on('response', (response) => pass(response, reply)));
        return;
      }
      const line = { 'x-forwarded-method': visit.method, 'x-forwarded-uri': visit.url };
      const headers = { ...visit.headers, ...own, ...line, 'content-length': 0 };
      const page = forward(`${cattlegrid}/forward-auth/page`, { headers });
      page.end().on('response', (response) => {
        visit.resume();
        if (response.statusCode === 204) guarded.answer(visit, reply);
        else pass(response, reply);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const guarded = new Guarded(server, `http://127.0.0.1:${port}`);
    return guarded;
  }

  /**
   * @param {IncomingMessage} visit
   * @param {ServerResponse} reply
   */
  answer(visit, reply) {
    // Why: browsers ask for it by themselves, and a rule allows it.
    if (visit.url !== '/favicon.ico') this.asked.push(`${visit.method} ${visit.url}`);
    if (visit.url === '/elsewhere') reply.writeHead(302, { location: this.elsewhere });
    else reply.writeHead(200, { 'content-type': 'text/html' });
    reply.end(`<!doctype html><title>The shop</title><h1>The shop: ${visit.method} ${visit.url}</h1>`);
  }

  async stop() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/**
 * @param {IncomingMessage} response
 * @param {ServerResponse} reply
 */
function pass(response, reply) {
  reply.writeHead(response.statusCode ?? 502, response.headers);
  response.pipe(reply);
}

describe('the page before a site', () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Guarded} */
  let site;
  /** @type {Browser} */
  let browser;
  /** @type {Page} */
  let page;

  before(async () => {
    cattlegrid = await Cattlegrid.start(CONFIG);
    site = await Guarded.start(cattlegrid.url);
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await site.stop();
    await cattlegrid.stop();
  });
  afterEach(() => page.context().close());

  /**
   * @param {string} path
   * @param {BrowserContextOptions} [options]
   */
  async function open(path, options) {
    const context = await browser.newContext({ javaScriptEnabled: false, ...options });
    page = await context.newPage();
    return page.goto(site.url + path);
  }

  const field = () => page.getByRole('textbox');
  const go = () => page.getByRole('button').click();
  const key = async () => (await page.locator('input[name=key]').getAttribute('value')) ?? '';
  const answer = async () => (await cattlegrid.open(await key())).answer;

  /** The picture is there, and not only its text. */
  async function seesThePicture() {
    const box = await page.getByRole('img', { name: 'A picture with distorted writing' }).boundingBox();
    assert.ok(box && box.width >= 150 && box.height >= 60, JSON.stringify(box));
  }

  test('a person without JavaScript takes another picture, errs, and gets to where they wanted to go', async () => {
    const response = await open('/cart?item=1&n=2');
    assert.equal(response?.status(), 401);
    await seesThePicture();
    const first = await key();
    await page.getByRole('link', { name: 'New picture' }).click();
    await page.waitForURL(`${site.url}/cart?item=1&n=2`);
    const second = await key();
    assert.notEqual(second, first);

    await field().fill('wrong');
    await go();
    await page.getByText('That was not it.').waitFor();
    assert.equal(page.url(), `${site.url}/.cattlegrid/answer`);
    await seesThePicture();
    assert.notEqual(await key(), second);
    assert.deepEqual(site.asked, []);

    await field().fill(await answer());
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'The shop: GET /cart?item=1&n=2' }).waitFor();
    assert.equal(page.url(), `${site.url}/cart?item=1&n=2`);
    await page.goto(`${site.url}/elsewhere-in-it`);
    await page.getByRole('heading', { name: 'The shop: GET /elsewhere-in-it' }).waitFor();
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie?.name, cookie?.httpOnly, cookie?.sameSite], ['cattlegrid-pass', true, 'Lax']);
  });

  test('the field has the focus, and is tied to what was wrong', async () => {
    await open('/', { javaScriptEnabled: true });
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'answer');
    await page.getByLabel('Type the characters you see').fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'answer');
    const described = await field().getAttribute('aria-describedby');
    assert.equal(await page.getByRole('alert').getAttribute('id'), described);
    await axeFindsNothing(page);
  });

  test('a site that sends its visitors on to another host can do so', async () => {
    site.elsewhere = `${cattlegrid.url.replace('127.0.0.1', 'localhost')}/healthz`;
    await open('/elsewhere');
    await field().fill(await answer());
    await go();
    await page.waitForURL(site.elsewhere);
  });

  for (const colorScheme of THEMES) {
    for (const [device, viewport] of Object.entries(DEVICES)) {
      test(`${colorScheme}, on a ${device}`, async () => {
        await open('/', { colorScheme, viewport, deviceScaleFactor: 2, javaScriptEnabled: true });
        await page.waitForLoadState('networkidle');
        await screenshot(page, `forward-auth-${colorScheme}-${device}`);
        await field().fill('wrong');
        await go();
        await page.getByRole('alert').waitFor();
        await page.waitForLoadState('networkidle');
        await screenshot(page, `forward-auth-wrong-${colorScheme}-${device}`);
        const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(Number(content) <= Number(window), `${content} pixels of content in a window of ${window}`);
        await axeFindsNothing(page);
      });
    }
  }

  test('from right to left', async () => {
    await open('/', { locale: 'ar', viewport: DEVICES.phone, javaScriptEnabled: true });
    assert.equal(await page.locator('html').getAttribute('dir'), 'rtl');
    await page.waitForLoadState('networkidle');
    await screenshot(page, 'forward-auth-ar');
    await axeFindsNothing(page);
  });
});
