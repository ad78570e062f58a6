/** ALTCHA's own widget, as npm has it, on a page of somebody else's. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { verifyServer, verifyServerSignature } from 'altcha-lib';

import { launch, screenshot } from '../support/browser.js';
import { Cattlegrid } from '../support/cattlegrid.js';
import { Site } from '../support/site.js';

/** @import { Browser, Page } from 'playwright-core' */

const SECRET = 'the-secret-key-of-the-site';
const ALGORITHMS = ['SHA-256', 'SHA-384', 'SHA-512', 'PBKDF2/SHA-256', 'PBKDF2/SHA-384', 'PBKDF2/SHA-512'];

const site = (/** @type {string} */ key, /** @type {string} */ work, rest = '') => `
[[sites]]
key = "${key}"
secret = "${SECRET}-${key}"
dialect = "altcha"
${rest || 'hostnames = ["localhost"]'}
altcha = { ${work} }`;

const SITES = [
  site('pictured', 'cost = 100, zeros = 2'),
  site('sums', 'cost = 100, zeros = 1', 'kinds = ["math"]'),
  site('worked', 'code = false'),
  site('hasty', 'cost = 1, zeros = 1', 'challenge_ttl = "6s"'),
  site('fleeting', 'cost = 1, zeros = 1, code = false', 'token_ttl = "1s"'),
  site('elsewhere', 'cost = 1', 'hostnames = ["example.org"]'),
  ...ALGORITHMS.map((name) => site(name.replace('/', '.'), `algorithm = "${name}", cost = 9, zeros = 2, code = false`)),
].join('');

const packaged = (/** @type {string} */ name) => readFile(new URL(import.meta.resolve(name)));

/** ALTCHA's widget, as a person meets it. */
class AltchaWidget {
  /**
   * @param {Page} page
   * @param {Cattlegrid} cattlegrid
   */
  constructor(page, cattlegrid) {
    this.page = page;
    this.cattlegrid = cattlegrid;
    this.host = page.locator('altcha-widget');
    this.box = this.host.getByRole('checkbox');
    this.dialog = this.host.getByRole('dialog');
    this.field = this.dialog.getByRole('textbox');
    this.picture = this.dialog.locator('img');
    this.check = this.dialog.getByRole('button', { name: 'Verify' });
    this.reload = this.dialog.getByRole('button', { name: 'Reload' });
    /** @type {any} what it was told last to do */
    this.challenge = undefined;
    page.on('response', async (response) => {
      if (new URL(response.url()).pathname === '/altcha/challenge') this.challenge = await response.json();
    });
  }

  /** @param {'code' | 'error' | 'expired' | 'unverified' | 'verified'} state */
  async reaches(state) {
    await this.host.locator(`[data-state=${state}]`).waitFor();
  }

  start() {
    return this.host.getByText("I'm not a robot").click();
  }

  /** The right answer to its picture. */
  async answer() {
    const { answer } = await this.cattlegrid.open(this.challenge.parameters.data.challenge);
    return answer;
  }

  async solve() {
    await this.start();
    await this.reaches('code');
    await this.field.fill(await this.answer());
    await this.check.click();
    await this.reaches('verified');
  }

  /** What it shows to whoever points at its error. */
  complaint(/** @type {string} */ text) {
    return this.host.locator(`[title*="${text}"]`);
  }

  payload() {
    return this.page.locator('input[name=altcha]').inputValue();
  }
}

describe("ALTCHA's widget", () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Browser} */
  let browser;
  /** @type {Site} */
  let other;
  /** @type {Record<string, string>} */
  let strict;
  /** @type {Page} */
  let page;
  /** @type {AltchaWidget} */
  let widget;
  /** @type {string[]} */
  let errors;
  /** @type {string[]} */
  let said;

  before(async () => {
    cattlegrid = await Cattlegrid.start(SITES);
    browser = await launch();
    other = await Site.start(cattlegrid.url);
    for (const [path, type, name] of /** @type {const} */ ([
      ['/whole.js', 'text/javascript', 'altcha'],
      ['/altcha.js', 'text/javascript', 'altcha/external'],
      ['/altcha.css', 'text/css', 'altcha/altcha.css'],
      ['/pbkdf2.js', 'text/javascript', 'altcha/workers/pbkdf2'],
      ['/sha.js', 'text/javascript', 'altcha/workers/sha'],
    ]))
      other.files.set(path, { type, content: await packaged(name) });
    // Why: what a site that uses ALTCHA has to allow, and nothing besides.
    strict = { ...other.policy, 'script-src': "'self'", 'img-src': 'data:' };
  });
  after(async () => {
    await browser.close();
    await other.stop();
    await cattlegrid.stop();
  });
  beforeEach(async () => {
    other.policy = { ...strict };
    other.head = '<link rel="stylesheet" href="/altcha.css">';
    other.script = `
      import '/altcha.js';
      const workers = { SHA: '/sha.js', PBKDF2: '/pbkdf2.js' };
      for (const name of ${JSON.stringify(ALGORITHMS)})
        $altcha.algorithms.set(name, () => new Worker(workers[name.split(/[-/]/)[0]]));`;
    other.received = [];
    page = await browser.newPage();
    widget = new AltchaWidget(page, cattlegrid);
    errors = [];
    said = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => said.push(message.text()));
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(errors, []);
    assert.deepEqual(
      said.filter((text) => /content.security.policy/i.test(text)),
      [],
    );
  });

  async function open(/** @type {string} */ siteKey, attributes = '') {
    other.body = `<form method="post"><input name="name" value="Ada">
      <altcha-widget challenge="${cattlegrid.url}/altcha/challenge?sitekey=${siteKey}" ${attributes}></altcha-widget>
      <button>Send</button></form>`;
    await page.goto(other.url);
  }

  /** The payload that the form was sent with. */
  async function sent() {
    while (other.received.length === 0) await setTimeout(20);
    return new URLSearchParams(other.received[0]).get('altcha') ?? '';
  }

  const verify = (/** @type {string} */ siteKey, /** @type {string} */ payload) =>
    cattlegrid.siteverify({ secret: `${SECRET}-${siteKey}`, payload }, '/altcha/siteverify');

  test('works, shows the picture, and has its form sent with a payload that is good once', async () => {
    await open('pictured');
    await widget.start();
    await widget.reaches('code');
    await screenshot(page, 'altcha-code');
    await widget.field.fill(await widget.answer());
    await widget.check.click();
    await widget.reaches('verified');
    await screenshot(page, 'altcha-verified');
    await page.getByRole('button', { name: 'Send' }).click();
    const payload = await sent();
    assert.deepEqual((await verify('worked', payload))['error-codes'], ['invalid-input-response']);
    const passed = await verify('pictured', payload);
    assert.equal(passed.success, true);
    assert.equal(passed.hostname, 'localhost');
    assert.deepEqual((await verify('pictured', payload))['error-codes'], ['already-seen-response']);
  });

  test('refuses a wrong answer, and asks again with another picture', async () => {
    await open('pictured');
    await widget.start();
    await widget.reaches('code');
    const first = await widget.picture.getAttribute('src');
    await widget.field.fill('wrong!');
    await widget.check.click();
    await widget.reaches('error');
    await widget.complaint('wrong-answer').waitFor();
    await screenshot(page, 'altcha-wrong');
    await widget.solve();
    assert.notEqual(widget.challenge.codeChallenge.image, first);
    const { success } = await verify('pictured', await widget.payload());
    assert.equal(success, true);
  });

  test('gets another picture when asked to', async () => {
    await open('pictured');
    await widget.start();
    await widget.reaches('code');
    const first = widget.challenge;
    await widget.reload.click();
    while (widget.challenge === first) await setTimeout(20);
    await widget.reaches('code');
    assert.notEqual(widget.challenge.codeChallenge.image, first.codeChallenge.image);
    await widget.field.fill(await widget.answer());
    await widget.check.click();
    await widget.reaches('verified');
  });

  test('is refused when its work and answer are sent again', async () => {
    await open('pictured');
    const asked = page.waitForRequest((request) => request.url().includes('/altcha/verify'));
    await widget.solve();
    const body = (await asked).postData() ?? '';
    const again = await page.evaluate(
      async ([url, body]) => {
        const headers = { 'content-type': 'application/json' };
        return (await fetch(String(url), { method: 'POST', headers, body })).json();
      },
      [`${cattlegrid.url}/altcha/verify`, body],
    );
    assert.deepEqual(again, { verified: false, reason: 'spent-key' });
  });

  test('says so when nobody answered in time', async () => {
    await open('hasty');
    await widget.start();
    await widget.reaches('code');
    await widget.reaches('expired');
    // Why: the work stays in the widget's field, and is not enough.
    assert.deepEqual((await verify('hasty', await widget.payload()))['error-codes'], ['missing-code']);
  });

  test('earns a payload that is refused when it comes too late', async () => {
    await open('fleeting');
    await widget.start();
    await widget.reaches('verified');
    const payload = await widget.payload();
    await setTimeout(1100);
    assert.deepEqual((await verify('fleeting', payload))['error-codes'], ['expired-input-response']);
  });

  test('shows a sum, whose answer has any length', async () => {
    await open('sums');
    await widget.solve();
    assert.equal((await verify('sums', await widget.payload())).success, true);
  });

  test('works alone where that is enough, with the work that is set by default', async () => {
    await open('worked', 'auto="onload"');
    await widget.reaches('verified');
    const payload = await widget.payload();
    assert.equal((await verify('worked', payload)).success, true);
    assert.deepEqual((await verify('worked', payload))['error-codes'], ['already-seen-response']);
  });

  for (const algorithm of ALGORITHMS)
    test(`derives keys by ${algorithm}`, async () => {
      const siteKey = algorithm.replace('/', '.');
      await open(siteKey);
      await widget.start();
      await widget.reaches('verified');
      assert.equal(widget.challenge.parameters.algorithm, algorithm);
      assert.equal((await verify(siteKey, await widget.payload())).success, true);
    });

  test('stays out of sight until its form is sent, and sends it when all is done', async () => {
    await open('pictured', 'auto="onsubmit" display="floating"');
    await page.getByRole('button', { name: 'Send' }).click();
    await widget.reaches('code');
    assert.deepEqual(other.received, []);
    await screenshot(page, 'altcha-floating');
    await widget.field.fill(await widget.answer());
    await widget.check.click();
    const passed = await verify('pictured', await sent());
    assert.equal(passed.success, true);
  });

  test('sends its form by itself after work alone', async () => {
    await open('worked', 'auto="onsubmit"');
    await page.getByRole('button', { name: 'Send' }).click();
    assert.equal((await verify('worked', await sent())).success, true);
  });

  test('is told why a page on another host gets nothing', async () => {
    await open('elsewhere');
    await widget.start();
    await widget.reaches('error');
    await widget.complaint('403 - wrong-site').waitFor();
  });

  test("earns a payload that ALTCHA's library for back ends takes, by itself and by asking", async () => {
    await open('worked');
    await widget.start();
    await widget.reaches('verified');
    const payload = await widget.payload();
    const decoded = JSON.parse(Buffer.from(payload, 'base64').toString());
    const hmacSecret = `${SECRET}-worked`;
    assert.equal((await verifyServerSignature({ payload: decoded, hmacSecret })).verified, true);
    const stranger = await verifyServerSignature({ payload: decoded, hmacSecret: `${SECRET}-pictured` });
    assert.deepEqual([stranger.verified, stranger.invalidSignature], [false, true]);

    const url = `${cattlegrid.url}/altcha/siteverify`;
    const ask = (/** @type {typeof decoded} */ payload, secret = hmacSecret) => verifyServer({ payload, secret, url });
    const other = await ask(payload, `${SECRET}-pictured`);
    assert.deepEqual([other.verified, other.reason], [false, 'invalid-input-response']);
    assert.equal((await ask(decoded)).verified, true);
    const again = await ask(payload);
    assert.deepEqual([again.verified, again.reason], [false, 'already-seen-response']);
  });

  test('works in one piece as well, under a policy that allows what that needs', async () => {
    other.policy['style-src'] = "'self' 'unsafe-inline'";
    other.policy['worker-src'] = 'blob:';
    other.head = '';
    other.script = "import '/whole.js';";
    await open('pictured');
    await widget.solve();
    assert.equal((await verify('pictured', await widget.payload())).success, true);
  });
});
