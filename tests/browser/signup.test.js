/** The sign-up page: from the empty form to what its back end was told. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { launch, screenshot, Widget } from './support/browser.js';
import { Cattlegrid } from './support/cattlegrid.js';

/** @import { Browser, Page } from 'playwright-core' */

describe('the sign-up page', () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Browser} */
  let browser;
  /** @type {Page} */
  let page;
  /** @type {Widget} */
  let widget;
  /** @type {string[]} */
  let complaints;

  before(async () => {
    cattlegrid = await Cattlegrid.start();
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await cattlegrid.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    const response = await page.goto(cattlegrid.url);
    assert.match(response?.headers()['content-security-policy'] ?? '', /^default-src 'self';/);
    widget = new Widget(page.locator('cattlegrid-captcha'), cattlegrid);
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(
      complaints.filter((text) => !/status of 422/.test(text)),
      [],
    );
  });

  async function fillIn() {
    await page.getByLabel('Name').fill('Ada Lovelace');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('analytical engine');
  }

  async function fieldsAreKept() {
    assert.equal(await page.getByLabel('Name').inputValue(), 'Ada Lovelace');
    assert.equal(await page.getByLabel('E-mail').inputValue(), 'ada@example.org');
    assert.equal(await page.getByLabel('Password').inputValue(), 'analytical engine');
  }

  const submit = () => page.getByRole('button', { name: 'Create account' }).click();

  test('a person asks for a new picture, types it, and is let in by siteverify', async () => {
    await fillIn();
    const first = await widget.key();
    await widget.refresh.click();
    await widget.status.getByText('new picture').waitFor();
    assert.notEqual(await widget.key(), first);
    await fieldsAreKept();

    await widget.solve();
    await fieldsAreKept();
    await screenshot(page, 'signup-solved');
    const token = await widget.token();
    await submit();

    await page.getByRole('heading', { name: 'Welcome, Ada Lovelace' }).waitFor();
    const sent = await page.getByLabel('Sent').textContent();
    assert.match(sent ?? '', /POST http:.*\/siteverify/);
    assert.ok(sent?.includes(token.slice(0, 16)) && !sent.includes(token), 'the token is shortened');
    const cameBack = JSON.parse((await page.getByLabel('Came back').textContent()) ?? '');
    assert.equal(cameBack.success, true);
    assert.equal(cameBack.action, 'sign-up');
    assert.equal(cameBack.hostname, '127.0.0.1');
    assert.ok(!(await page.content()).includes(cattlegrid.secretKey), 'the secret key is not shown');
    await screenshot(page, 'signup-welcome');
  });

  test('an answer that is only typed is judged when the form is sent', async () => {
    await fillIn();
    await widget.field.fill(await widget.answer());
    await submit();
    await page.getByRole('heading', { name: 'Welcome, Ada Lovelace' }).waitFor();
  });

  test('a wrong answer brings a new picture at once and keeps the form', async () => {
    await fillIn();
    const first = await widget.key();
    const requests = /** @type {string[]} */ ([]);
    page.on('request', (request) => request.method() === 'POST' && requests.push(new URL(request.url()).pathname));
    await widget.field.fill('wrong');
    await widget.field.press('Enter');
    await widget.status.getByText('That was not it. Here is a new picture.').waitFor();
    assert.notEqual(await widget.key(), first);
    assert.deepEqual(requests, [`/api/v1/challenges/${first}/answer`], 'one round trip');
    assert.equal(await widget.field.inputValue(), '');
    await fieldsAreKept();
    await widget.solve();
  });

  test('the form does not go without an answer, and says why', async () => {
    await fillIn();
    await widget.reaches('ready');
    await submit();
    assert.equal(await page.evaluate(() => document.activeElement?.localName), 'cattlegrid-captcha');
    assert.equal(await page.getByRole('heading', { name: 'Create an account' }).count(), 1);
    assert.match(await widget.host.evaluate((host) => /** @type {any} */ (host).validationMessage), /Check/);
  });

  test('with the keyboard alone', async () => {
    await widget.reaches('ready');
    await page.getByLabel('Name').focus();
    await page.keyboard.type('Ada Lovelace');
    await page.keyboard.press('Tab');
    await page.keyboard.type('ada@example.org');
    await page.keyboard.press('Tab');
    await page.keyboard.type('analytical engine');

    const first = await widget.key();
    for (const key of ['Tab', 'Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
    await widget.status.getByText('new picture').waitFor();
    assert.notEqual(await widget.key(), first, 'the third stop is the button for a new picture');

    for (const key of ['Shift+Tab', 'Shift+Tab']) await page.keyboard.press(key);
    await page.keyboard.type(await widget.answer());
    await page.keyboard.press('Enter');
    await widget.reaches('solved');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Welcome, Ada Lovelace' }).waitFor();
  });

  test('mistakes are shown in the form, which keeps what was filled in', async () => {
    await page.locator('form').evaluate((form) => /** @type {HTMLFormElement} */ (form).setAttribute('novalidate', ''));
    await page.getByLabel('Name').fill('Ada <Lovelace>');
    await page.getByLabel('E-mail').fill('nowhere');
    await submit();
    await page.getByText('Please give an e-mail address').waitFor();
    await page.getByText('Please choose a password').waitFor();
    assert.equal(await page.getByLabel('Name').inputValue(), 'Ada <Lovelace>');
    assert.equal(await page.getByLabel('E-mail').inputValue(), 'nowhere');
    await screenshot(page, 'signup-mistakes');
  });

  test('a form that skipped the widget, and a token that was used, are refused', async () => {
    const form = { name: 'Ada', email: 'ada@example.org', password: 'analytical engine' };
    const without = await page.request.post(cattlegrid.url, { form });
    assert.equal(without.status(), 422);
    assert.match(await without.text(), /missing-input-response/);

    await widget.solve();
    const token = await widget.token();
    const send = () => page.request.post(cattlegrid.url, { form: { ...form, 'cattlegrid-response': token } });
    assert.equal((await send()).status(), 200);
    const again = await send();
    assert.equal(again.status(), 422);
    assert.match(await again.text(), /already-seen-response/);
  });
});
