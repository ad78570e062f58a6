/** The widget on somebody else's page: another origin, a strict content security policy. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { launch, Widget } from './support/browser.js';
import { Cattlegrid } from './support/cattlegrid.js';
import { Site } from './support/site.js';

/** @import { Browser, BrowserContext, Page } from 'playwright-core' */

/** A site whose challenges expire before anyone can read them. */
const HASTY = 'hasty';

describe('the widget on another origin', () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Site} */
  let site;
  /** @type {Browser} */
  let browser;
  /** @type {BrowserContext} */
  let context;
  /** @type {Page} */
  let page;
  /** @type {string[]} */
  let requested;
  /** @type {string[]} */
  let complaints;

  before(async () => {
    cattlegrid = await Cattlegrid.start(`
      demo = true
      [[sites]]
      key = "${HASTY}"
      secret = "a-secret-key-for-tests"
      challenge_ttl = "2s"
    `);
    site = await Site.start(cattlegrid.url);
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await site.stop();
    await cattlegrid.stop();
  });
  beforeEach(async () => {
    site.script = '';
    site.lang = 'en';
    context = await browser.newContext();
    page = await context.newPage();
    requested = [];
    complaints = [];
    page.on('request', (request) => requested.push(new URL(request.url()).origin));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterEach(async () => {
    const ours = [new URL(cattlegrid.url).origin, new URL(site.url).origin, 'null'];
    assert.deepEqual(
      [...new Set(requested)].filter((origin) => !ours.includes(origin)),
      [],
      'asks nobody else',
    );
    assert.deepEqual(await context.cookies(), [], 'sets no cookie');
    assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0], 'stores nothing');
    assert.deepEqual(
      complaints.filter((text) => /content security policy/i.test(text)),
      [],
      'keeps to the policy',
    );
    await context.close();
  });

  const element = (attributes = '', sitekey = cattlegrid.siteKey) =>
    `<cattlegrid-captcha sitekey="${sitekey}" ${attributes}></cattlegrid-captcha>`;

  /** @param {string} body */
  async function open(body) {
    site.body = body;
    await page.goto(site.url);
    return widget(0);
  }

  /** @param {number} place */
  const widget = (place) => new Widget(page.locator('cattlegrid-captcha').nth(place), cattlegrid);

  /** Notes the widget's events, to be read with `events`. */
  const LISTEN = `
    const heard = [];
    window.heard = heard;
    for (const type of ['load', 'solved', 'wrong', 'expired', 'error'])
      document.querySelector('cattlegrid-captcha').addEventListener(type, (event) =>
        heard.push({ type, ...event.detail }));
  `;
  /** @returns {Promise<any[]>} */
  const events = () => page.evaluate(() => /** @type {any} */ (window).heard);

  test('puts its token into the form, which is sent with it', async () => {
    const it = await open(`<form method="post"><input name="a" value="1">${element()}<button>Send</button></form>`);
    assert.equal(await page.evaluate(() => document.forms[0]?.checkValidity()), false);
    await it.solve();
    const token = await it.token();
    assert.ok(token);
    assert.equal(await page.evaluate(() => document.forms[0]?.checkValidity()), true);
    const sent = page.waitForEvent('load');
    await page.getByRole('button', { name: 'Send' }).click();
    await sent;
    assert.deepEqual(Object.fromEntries(new URLSearchParams(site.received.at(-1))), {
      a: '1',
      'cattlegrid-response': token,
    });
  });

  test('an answer that is only typed is judged once, and the form sent once', async () => {
    const it = await open(`<form method="post"><input name="a" value="1">${element()}<button>Send</button></form>`);
    const answer = await it.answer();
    const sent = site.received.length;
    let judged = 0;
    page.on('request', (request) => request.url().endsWith('/answer') && judged++);
    await it.field.fill(answer);
    const loaded = page.waitForEvent('load');
    await page.getByRole('button', { name: 'Send' }).dblclick();
    await loaded;
    assert.equal(judged, 1);
    assert.equal(site.received.length, sent + 1);
  });

  test('a script that asks whether the form is valid spends nothing', async () => {
    const it = await open(`<form method="post">${element()}<button type="button">Ask</button></form>`);
    const first = await it.key();
    await it.field.fill('typed');
    await page.evaluate(() => {
      const ask = () => document.forms[0]?.checkValidity();
      document.querySelector('button')?.addEventListener('click', ask);
    });
    await page.getByRole('button', { name: 'Ask' }).click();
    assert.equal(await it.key(), first);
    assert.equal(await it.field.inputValue(), 'typed');
  });

  test('tells the page what happens', async () => {
    site.script = LISTEN;
    const it = await open(element('action="comment"'));
    await it.reaches('ready');
    await it.field.fill('wrong');
    await it.check.click();
    await it.status.getByText('That was not it').waitFor();
    await it.solve();
    const heard = await events();
    assert.deepEqual(
      heard.map(({ type }) => type),
      ['load', 'wrong', 'load', 'solved'],
    );
    assert.equal(heard[0].kind, 'chars');
    assert.equal(heard[1].code, 'wrong-answer');
    assert.equal(heard[3].token, await it.token());
  });

  test('an expired picture renews itself, and says so', async () => {
    site.script = LISTEN;
    await page.clock.install();
    const it = await open(element());
    const first = await it.key();
    await it.field.fill('typed');
    await page.clock.fastForward('04:50');
    assert.equal(await it.key(), first, 'it is good for five minutes');
    await page.clock.fastForward('00:11');
    await it.status.getByText('Too much time has passed. Here is a new picture.').waitFor();
    assert.notEqual(await it.key(), first);
    assert.deepEqual((await events()).find(({ type }) => type === 'expired').what, 'challenge');
  });

  test('a token that expires leaves the form unsolved again', async () => {
    site.script = LISTEN;
    await page.clock.install();
    const it = await open(`<form>${element()}</form>`);
    await it.solve();
    await page.clock.fastForward('04:50');
    assert.notEqual(await it.token(), '');
    await page.clock.fastForward('00:11');
    await it.status.getByText('Too much time has passed. Here is a new picture.').waitFor();
    assert.equal(await it.token(), '');
    assert.equal(await page.evaluate(() => document.forms[0]?.checkValidity()), false);
    assert.deepEqual((await events()).find(({ type }) => type === 'expired').what, 'token');
    await it.solve();
  });

  test('a clock that is wrong by days does no harm', async () => {
    for (const days of [-3, 3]) {
      await page.clock.install({ time: Date.now() + days * 86_400_000 });
      const it = await open(element());
      const first = await it.key();
      await page.clock.fastForward('04:50');
      assert.equal(await it.key(), first);
      await it.solve();
    }
  });

  test('a page in the background asks for nothing until it is seen again', async () => {
    await page.clock.install();
    const it = await open(element());
    const first = await it.key();
    await page.evaluate(() => Object.defineProperty(document, 'hidden', { value: true, configurable: true }));
    await page.clock.fastForward('20:00');
    assert.equal(await it.key(), first);
    await page.evaluate(() => Object.defineProperty(document, 'hidden', { value: false }));
    await page.clock.fastForward('00:01');
    await it.status.getByText('Too much time has passed').waitFor();
    assert.notEqual(await it.key(), first);
  });

  test('an answer that comes too late brings a new picture', async () => {
    const it = await open(element('', HASTY));
    await page.evaluate(() => Object.defineProperty(document, 'hidden', { value: true }));
    const { answer, expires_at } = await cattlegrid.open(await it.key());
    while (Date.now() <= Date.parse(expires_at)) await new Promise((resolve) => setTimeout(resolve, 50));
    await it.field.fill(answer);
    await it.check.click();
    await it.status.getByText('Too much time has passed').waitFor();
    assert.equal(await it.token(), '');
  });

  test('two on a page do not know of each other', async () => {
    await open(`<form>${element()}</form><form>${element('kind="math"')}</form>`);
    const [one, two] = [widget(0), widget(1)];
    assert.notEqual(await one.key(), await two.key());
    assert.equal((await cattlegrid.open(await two.key())).kind, 'math');
    await two.field.fill('9');
    await one.solve();
    assert.equal(await two.field.inputValue(), '9');
    assert.equal(await two.token(), '');
    await two.solve();
    assert.notEqual(await one.token(), await two.token());
  });

  test('is made from a div, also from one that is added later', async () => {
    const div = (/** @type {string} */ more) =>
      `<div class="cattlegrid" data-sitekey="${cattlegrid.siteKey}" ${more}></div>`;
    const it = await open(`<form>${div('data-kind="math" data-locale="de"')}</form>`);
    await it.host.getByText('Geben Sie das Ergebnis ein').waitFor();
    await it.solve();
    await page.evaluate((html) => document.forms[0]?.insertAdjacentHTML('beforeend', `<p>${html}</p>`), div(''));
    await widget(1).solve();
    assert.equal(await page.locator('cattlegrid-captcha').count(), 2);
    assert.equal(await page.evaluate(() => document.forms[0]?.checkValidity()), true);
  });

  test('keeps its token when it is moved on the page', async () => {
    const it = await open(`<form>${element()}</form><form id="other"></form>`);
    await it.solve();
    const token = await it.token();
    const sent = await it.host.evaluate((host) => {
      const other = /** @type {HTMLFormElement} */ (document.querySelector('#other'));
      other.append(host);
      return new FormData(other).get('cattlegrid-response');
    });
    assert.equal(sent, token);
    await it.reaches('solved');
  });

  test('begins again when the form is reset', async () => {
    const it = await open(`<form>${element()}<button type="reset">Reset</button></form>`);
    await it.solve();
    await page.getByRole('button', { name: 'Reset' }).click();
    await it.reaches('ready');
    assert.equal(await it.token(), '');
    assert.equal(await it.field.inputValue(), '');
    await it.solve();
  });

  test('is disabled with its fieldset', async () => {
    const it = await open(`<form><fieldset disabled>${element()}</fieldset></form>`);
    await it.reaches('ready');
    assert.ok(await it.field.isDisabled());
    assert.equal(await page.evaluate(() => document.forms[0]?.checkValidity()), true, 'nothing is asked of it');
    await page.evaluate(() => document.querySelector('fieldset')?.removeAttribute('disabled'));
    await it.solve();
  });

  test('takes the focus of its label', async () => {
    const it = await open(`<label for="human">Are you?</label>${element('id="human"')}`);
    await it.reaches('ready');
    await page.getByText('Are you?').click();
    await page.keyboard.type('typed');
    assert.equal(await it.field.inputValue(), 'typed');
  });

  test('attributes and properties decide what is asked', async () => {
    const it = await open(element());
    await it.reaches('ready');
    const kinds = /** @type {string[]} */ ([]);
    for (const kind of ['math', 'words', 'unicode', 'chars']) {
      const before = await it.key();
      await it.host.evaluate((host, kind) => Object.assign(host, { kind }), kind);
      await it.picture.and(page.locator(`:not([srcset*="${before}"])`)).waitFor();
      kinds.push((await cattlegrid.open(await it.key())).kind);
    }
    assert.deepEqual(kinds, ['math', 'words', 'unicode', 'chars']);
    await it.host.evaluate((host) => host.setAttribute('locale', 'fr'));
    await it.host.getByText('Saisissez les caractères affichés').waitFor();
    assert.equal(await it.host.getAttribute('kind'), 'chars');
  });

  test('speaks the language of the page', async () => {
    site.lang = 'ja-JP';
    const it = await open(element());
    await it.host.getByText('表示された文字を入力してください').waitFor();
  });

  test('a picture is sharp on a sharp screen', async () => {
    await context.close();
    context = await browser.newContext({ deviceScaleFactor: 2 });
    page = await context.newPage();
    const it = await open(element());
    await it.reaches('ready');
    const address = await it.picture.evaluate((image) => /** @type {HTMLImageElement} */ (image).currentSrc);
    assert.match(address, /scale=2/);
  });

  test('without a connection it says so, and tries again when asked to', async () => {
    site.script = LISTEN;
    await page.route('**/api/v1/challenges', (route) => route.abort());
    const it = await open(`<form><input name="a">${element()}</form>`);
    await it.reaches('failed');
    await it.status.getByText('No connection to the server.').waitFor();
    assert.deepEqual(
      (await events()).map(({ type, code, retryable }) => [type, code, retryable]),
      [['error', 'network', true]],
    );
    await page.locator('input[name=a]').fill('kept');
    await page.unroute('**/api/v1/challenges');
    await it.retry.click();
    await it.solve();
    assert.equal(await page.locator('input[name=a]').inputValue(), 'kept');
  });

  test('an answer that does not arrive is kept, and can be sent again', async () => {
    const it = await open(element());
    const answer = await it.answer();
    await page.route('**/answer', (route) => route.abort());
    await it.field.fill(answer);
    await it.check.click();
    await it.status.getByText('No connection to the server.').waitFor();
    assert.equal(await it.field.inputValue(), answer);
    await page.unroute('**/answer');
    await it.check.click();
    await it.reaches('solved');
  });

  test('an answer whose reply is lost counts once: a new picture comes', async () => {
    const it = await open(element());
    const answer = await it.answer();
    let lost = false;
    await page.route('**/answer', async (route) => {
      if (lost) return route.continue();
      lost = true;
      await route.fetch();
      await route.abort();
    });
    await it.field.fill(answer);
    await it.check.click();
    await it.status.getByText('Here is a new picture.').waitFor();
    await it.solve();
  });

  test('a picture that does not come can be asked for again', async () => {
    await page.route('**/image*', (route) => route.abort());
    const it = await open(element());
    await it.reaches('failed');
    await page.unroute('**/image*');
    await it.retry.click();
    await it.solve();
  });

  test('waits as long as a busy server asks', async () => {
    let asked = 0;
    const headers = {
      'retry-after': '20',
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'retry-after',
    };
    const busy = { status: 503, headers, contentType: 'application/problem+json', body: '{"code":"overloaded"}' };
    await page.clock.install();
    await page.route('**/image*', (route) => (++asked > 2 ? route.continue() : route.fulfill(busy)));
    const it = await open(element());
    await it.status.getByText('The server is busy').waitFor();
    assert.equal(asked, 2, 'the picture, and why it did not come');
    await page.clock.fastForward('00:18');
    assert.equal(asked, 2, 'not sooner than asked');
    await page.clock.fastForward('00:02');
    await it.solve();
  });

  test('what was asked before a refresh no longer counts', async () => {
    const it = await open(element());
    const first = await it.key();
    const answer = await it.answer();
    /** @type {(go: void) => void} */
    let release = () => {};
    const held = new Promise((resolve) => (release = resolve));
    await page.route('**/answer', async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response }).catch(() => {});
    });
    await it.field.fill(answer);
    await it.check.click();
    await it.reaches('checking');
    await it.refresh.click();
    await it.reaches('ready');
    release();
    await page.unrouteAll({ behavior: 'wait' });
    assert.notEqual(await it.key(), first);
    assert.equal(await it.token(), '');
    await it.solve();
  });

  test('a site that the server does not know is told so', async () => {
    site.script = LISTEN;
    const it = await open(element('', 'nobody'));
    await it.reaches('failed');
    await it.status.getByText('This check cannot be used here.').waitFor();
    assert.deepEqual(
      (await events()).map(({ type, code, retryable }) => [type, code, retryable]),
      [['error', 'unknown-site', false]],
    );
  });

  test('nothing offers sound until there is some', async () => {
    const it = await open(element());
    await it.reaches('ready');
    assert.equal(await it.host.locator('audio').count(), 0);
    assert.deepEqual(await it.host.getByRole('button').allTextContents(), ['Check', '']);
  });

  test('every colour, size and radius is a custom property', async () => {
    const it = await open(element());
    await it.reaches('ready');
    const look = () =>
      it.host.locator('.card').evaluate((card) => {
        const { backgroundColor, borderRadius, color } = getComputedStyle(card);
        return { backgroundColor, borderRadius, color };
      });
    await page.evaluate(() => {
      const { style } = document.documentElement;
      style.setProperty('--cattlegrid-background', 'rgb(1, 2, 3)');
      style.setProperty('--cattlegrid-radius', '5px');
      style.setProperty('--cattlegrid-text', 'rgb(4, 5, 6)');
    });
    assert.deepEqual(await look(), { backgroundColor: 'rgb(1, 2, 3)', borderRadius: '5px', color: 'rgb(4, 5, 6)' });
  });
});
