/** Cap's own widget, as npm has it, on a page of somebody else's. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';

import { launch, screenshot } from '../support/browser.js';
import { Cattlegrid } from '../support/cattlegrid.js';
import { Site } from '../support/site.js';

/** @import { Browser, Page } from 'playwright-core' */

const SECRET = 'the-secret-key-of-the-site';
const site = (/** @type {string} */ key, /** @type {string} */ rest) => `
[[sites]]
key = "${key}"
secret = "${SECRET}-${key}"
dialect = "cap"
hostnames = ["localhost"]
${rest}`;

const SITES = [
  site('hashes', '[sites.cap]\ncount = 20\nzeros = 3'),
  site('squares', '[sites.cap]\nprotocols = ["rsw"]\nsquarings = 3000'),
  site('both', '[sites.cap]\nprotocols = ["rsw", "sha256-pow"]\nsquarings = 1000\ncount = 5\nzeros = 2'),
  site('programs', '[sites.cap]\nprotocols = ["instrumentation", "sha256-pow"]\ncount = 2\nzeros = 2'),
  site('short', 'challenge_ttl = "1s"\ntoken_ttl = "1s"\n[sites.cap]\ncount = 1\nzeros = 1'),
].join('');

/** What the widget makes of a puzzle. */
function hash(/** @type {{ payload: { salt: string, target: string } }} */ { payload }) {
  const begins = (/** @type {number} */ nonce) =>
    createHash('sha256')
      .update(payload.salt + nonce)
      .digest('hex')
      .startsWith(payload.target);
  let nonce = 0;
  while (!begins(nonce)) nonce++;
  return { nonce };
}

const packaged = (/** @type {string} */ name) => readFile(new URL(import.meta.resolve(name)));

/** Cap's widget, as a person meets it. */
class CapWidget {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.host = page.locator('cap-widget');
    this.button = this.host.getByRole('button');
  }

  /** @param {'done' | 'error'} state */
  async reaches(state) {
    await this.host.locator(`[data-state=${state}]`).waitFor();
  }

  async solve() {
    await this.button.click();
    await this.reaches('done');
  }

  token() {
    return this.page.locator('input[name=cap-token]').inputValue();
  }
}

describe("Cap's widget", () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Browser} */
  let browser;
  /** @type {Site} */
  let other;
  /** @type {Page} */
  let page;
  /** @type {CapWidget} */
  let widget;
  /** @type {string[]} */
  let errors;
  /** @type {string[]} */
  let said;

  before(async () => {
    cattlegrid = await Cattlegrid.start(SITES);
    browser = await launch();
    other = await Site.start(cattlegrid.url);
    other.files.set('/settings.js', {
      type: 'text/javascript',
      content: Buffer.from(
        "window.CAP_CUSTOM_WASM_URL = '/cap_wasm.wasm'; window.CAP_CSS_NONCE = window.CAP_SCRIPT_NONCE = 'abc';",
      ),
    });
    other.files.set('/cap.js', { type: 'text/javascript', content: await packaged('@cap.js/widget/cap.min.js') });
    other.head = '<script src="/settings.js"></script><script src="/cap.js"></script>';
    // Why: what a site that uses Cap has to allow, and nothing besides.
    other.policy['script-src'] = "'self' 'wasm-unsafe-eval' 'nonce-abc'";
    other.policy['style-src'] = "'self' 'nonce-abc'";
    other.policy['img-src'] = "'self' data:";
    other.policy['connect-src'] = `'self' ${cattlegrid.url}`;
    other.policy['worker-src'] = 'blob:';
  });
  after(async () => {
    await browser.close();
    await other.stop();
    await cattlegrid.stop();
  });
  beforeEach(async () => {
    const content = await packaged('@cap.js/wasm/browser/cap_wasm_bg.wasm');
    other.files.set('/cap_wasm.wasm', { type: 'application/wasm', content });
    other.received = [];
    page = await browser.newPage();
    errors = [];
    said = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => said.push(message.text()));
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(errors, []);
    assert.deepEqual(
      said.filter((text) => /Content.Security.Policy/i.test(text)),
      [],
    );
  });

  async function open(/** @type {string} */ siteKey) {
    other.body = `<form method="post">
      <cap-widget required data-cap-api-endpoint="${cattlegrid.url}/cap/${siteKey}/"></cap-widget>
      <button>Send</button></form>`;
    await page.goto(other.url);
    widget = new CapWidget(page);
  }

  const send = () => page.getByRole('button', { name: 'Send' }).click();

  async function verify(/** @type {string} */ siteKey, /** @type {string} */ token, secretOf = siteKey) {
    const body = JSON.stringify({ secret: `${SECRET}-${secretOf}`, response: token });
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(`${cattlegrid.url}/cap/${siteKey}/siteverify`, { method: 'POST', headers, body });
    return { status: reply.status, ...(await reply.json()) };
  }

  for (const siteKey of ['hashes', 'squares', 'both', 'programs']) {
    test(`earns a token that is good once: ${siteKey}`, async () => {
      await open(siteKey);
      await widget.solve();
      await screenshot(page, `cap-${siteKey}`);
      await Promise.all([page.waitForEvent('load'), send()]);
      const token = new URLSearchParams(other.received[0]).get('cap-token') ?? '';
      assert.deepEqual(await verify(siteKey, token, 'short'), {
        status: 403,
        success: false,
        error: 'Invalid site key or secret',
      });
      assert.deepEqual(await verify('short', token), {
        status: 404,
        success: false,
        error: 'Invalid site key or secret',
      });
      assert.deepEqual(await verify(siteKey, token), { status: 200, success: true });
      assert.deepEqual(await verify(siteKey, token), { status: 404, success: false, error: 'Token not found' });
      assert.ok(!said.some((text) => /falling back|fallback/.test(text)), said.join('\n'));
    });
  }

  test('hashes by itself where its WebAssembly is missing', async () => {
    other.files.set('/cap_wasm.wasm', { type: 'text/plain', content: Buffer.from('not found') });
    await open('both');
    await widget.solve();
    assert.ok(
      said.some((text) => /falling back to JS solver/.test(text)),
      said.join('\n'),
    );
    assert.equal((await verify('both', await widget.token())).success, true);
  });

  test('is foreseen in what it makes of programs', async () => {
    await page.goto('about:blank');
    const post = async (/** @type {string} */ path, body = {}) => {
      const headers = { 'content-type': 'application/json' };
      const url = `${cattlegrid.url}/cap/programs/${path}`;
      return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    };
    for (let count = 0; count < 40; count++) {
      const { token, challenges } = await post('challenge');
      const [program, ...puzzles] = challenges;
      const script = inflateRawSync(Buffer.from(program.payload.blob, 'base64')).toString();
      const instr = await page.evaluate((script) => {
        const posted = new Promise((resolve) =>
          addEventListener('message', ({ data }) => resolve(data.result), { once: true }),
        );
        const element = document.createElement('script');
        element.text = script;
        document.body.append(element);
        return posted;
      }, script);
      const { success } = await post('redeem', { token, solutions: [{ instr }, ...puzzles.map(hash)] });
      assert.ok(success, script);
    }
  });

  test('keeps the form from being sent before', async () => {
    await open('hashes');
    await send();
    assert.deepEqual(other.received, []);
    await widget.solve();
    await Promise.all([page.waitForEvent('load'), send()]);
    assert.equal(other.received.length, 1);
  });

  for (const [siteKey, wrong] of /** @type {const} */ ([
    ['hashes', { nonce: -1 }],
    ['squares', { y: '1' }],
    ['programs', { instr: [1, 2, 3, 4] }],
  ])) {
    test(`says when a solution is wrong, and tries again: ${siteKey}`, async () => {
      await open(siteKey);
      await page.route('**/redeem', async (route) => {
        const body = route.request().postDataJSON();
        body.solutions[0] = wrong;
        await route.continue({ postData: JSON.stringify(body) });
      });
      await widget.button.click();
      await widget.reaches('error');
      assert.ok(
        said.some((text) => text.includes('[invalid_solution] Invalid solution')),
        said.join('\n'),
      );
      await page.unroute('**/redeem');
      await widget.solve();
      assert.equal((await verify(siteKey, await widget.token())).success, true);
      errors = errors.filter((error) => !error.includes('Invalid solution'));
    });
  }

  test('cannot redeem the same work twice', async () => {
    await open('hashes');
    const redeemed = page.waitForRequest('**/redeem');
    await widget.solve();
    const request = await redeemed;
    const headers = { 'content-type': 'application/json' };
    const reply = await fetch(request.url(), { method: 'POST', headers, body: request.postData() });
    assert.equal(reply.status, 403);
    assert.deepEqual(await reply.json(), { success: false, error: 'Challenge already redeemed' });
  });

  test('asks again for what has expired', async () => {
    await open('short');
    const late = () => new Promise((resolve) => setTimeout(resolve, 1100));
    await page.route('**/redeem', async (route) => {
      await late();
      await route.continue();
    });
    await widget.button.click();
    await widget.reaches('error');
    assert.ok(
      said.some((text) => text.includes('Challenge expired')),
      said.join('\n'),
    );
    await page.unroute('**/redeem');
    const answer = page.waitForResponse('**/redeem');
    await widget.solve();
    const { token } = await (await answer).json();
    await widget.host.getByText("I'm a human", { exact: true }).waitFor();
    assert.equal(await widget.token(), '', 'the widget has forgotten the token');
    assert.deepEqual(await verify('short', token), { status: 403, success: false, error: 'Token expired' });
    errors = errors.filter((error) => !error.includes('Challenge expired'));
  });

  test('fails on a page that is not on a host of the site', async () => {
    await open('hashes');
    await page.goto(other.url.replace('localhost', '127.0.0.1'));
    await widget.button.click();
    await widget.reaches('error');
    errors = errors.filter((error) => !error.includes('Unable to solve challenge'));
  });
});
