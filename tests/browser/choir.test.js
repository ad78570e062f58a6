/** The example site in axum, behind every layer, as a visitor meets it. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { axeFindsNothing, launch, screenshot, Widget } from './support/browser.js';
import { Choir } from './support/choir.js';

/** @import { Browser, Page } from 'playwright-core' */

describe('the axum example', () => {
  /** @type {Choir} */
  let choir;
  /** @type {Browser} */
  let browser;
  /** @type {Page} */
  let page;
  /** @type {Widget} */
  let widget;
  /** @type {string[]} */
  let complaints;

  before(async () => {
    choir = await Choir.start();
    // As a person's browser, which says of none that it is driven.
    browser = await launch(['--disable-blink-features=AutomationControlled']);
  });
  after(async () => {
    await browser.close();
    await choir.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    complaints = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(complaints, []);
  });

  async function open(/** @type {string} */ path) {
    const response = await page.goto(choir.url + path);
    assert.match(response?.headers()['content-security-policy'] ?? '', /^default-src 'self';/);
    widget = new Widget(page.locator('cattlegrid-captcha'), choir);
    await widget.reaches('ready');
  }

  test('somebody signs up, and joins by the link in a letter', async () => {
    await open('/');
    await axeFindsNothing(page);
    await screenshot(page, 'choir-sign-up');
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@example.org');
    await widget.solve();
    await page.waitForTimeout(Choir.LEAST_AGE);
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();

    await page.goto(await choir.link());
    await page.getByText('ada@example.org').waitFor();
    await axeFindsNothing(page);
    await screenshot(page, 'choir-confirm');
    await page.getByRole('button', { name: 'Yes, it is mine' }).click();
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    await screenshot(page, 'choir-welcome');
  });

  test('a comment with the keyboard alone, which does not meet the honeypot', async () => {
    await open('/comments');
    await axeFindsNothing(page);
    await page.getByLabel('Name').focus();
    await page.keyboard.type('Grace');
    await page.keyboard.press('Tab');
    await page.keyboard.type('What a <b>night</b>');
    await page.keyboard.press('Tab');
    await page.keyboard.type(await widget.answer());
    await page.keyboard.press('Enter');
    await widget.reaches('solved');
    await page.waitForTimeout(Choir.LEAST_AGE);
    await page.getByRole('button', { name: 'Comment' }).press('Enter');
    await page.getByText('Grace What a <b>night</b>').waitFor();
    await screenshot(page, 'choir-comments');
  });

  test('what a driven browser posts is held until somebody has looked at it', async () => {
    await page.addInitScript(() => Object.defineProperty(navigator, 'webdriver', { value: true }));
    await open('/comments');
    await page.getByLabel('Name').fill('Herd');
    await page.getByRole('textbox', { name: 'Comment' }).fill('Moo');
    await widget.solve();
    await page.waitForTimeout(Choir.LEAST_AGE);
    await page.getByRole('button', { name: 'Comment' }).click();
    await page.getByText('Somebody looks at your comment').waitFor();
    await page.getByText('low-score').waitFor();
    await axeFindsNothing(page);
    await screenshot(page, 'choir-held');
    await open('/comments');
    await page.getByText('Held until somebody has looked at them: 1.').waitFor();
    assert.equal(await page.getByText('Moo').count(), 0);
    await screenshot(page, 'choir-comments-held');
  });

  test('nobody sees or hears the honeypot', async () => {
    await open('/comments');
    const bait = page.locator('form [aria-hidden=true] :is(input, textarea)');
    assert.equal(await bait.count(), 2);
    for (const field of await bait.all()) assert.equal(await field.isVisible(), false);
    assert.equal(await page.locator('main').getByRole('textbox').count(), 3);
  });

  test('wishes go to the API, one token for each', async () => {
    await open('/wishes');
    await axeFindsNothing(page);
    for (const song of ['Evening rise', 'The parting glass']) {
      await page.getByLabel('Song').fill(song);
      await widget.solve();
      await page.getByRole('button', { name: 'Wish' }).click();
      await page.getByText('it is on the list').waitFor();
      await page.locator('#wishes li').first().getByText(song).waitFor();
      await widget.reaches('ready');
    }
    await screenshot(page, 'choir-wishes');
  });

  /** The page as it looks in either theme and on a phone. */
  async function everyLook(/** @type {string} */ name) {
    await screenshot(page, name);
    await page.emulateMedia({ colorScheme: 'dark' });
    await axeFindsNothing(page);
    await screenshot(page, `${name}-dark`);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 360, height: 740 });
    await axeFindsNothing(page);
    await screenshot(page, `${name}-phone`);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  }

  test('whoever is refused gets the form again, with what they typed, and need not wait again', async () => {
    await open('/comments');
    await widget.host.evaluate((host) => host.remove());
    await page.getByLabel('Name').fill('Grace "Amazing" <Hopper>');
    await page.getByRole('textbox', { name: 'Comment' }).fill('One\n\n</textarea>\nTwo');
    await page.waitForTimeout(Choir.LEAST_AGE);
    await page.getByRole('button', { name: 'Comment' }).click();
    const alert = page.getByRole('alert');
    await alert.getByText('missing-token').waitFor();
    assert.match(complaints.splice(0).join(), /status of 400/);
    assert.equal(await alert.evaluate((element) => element === document.activeElement), true);
    assert.match(await page.title(), /^Not sent: /);
    await widget.reaches('ready');
    await everyLook('choir-refused');
    await widget.solve();
    await page.getByRole('button', { name: 'Comment' }).click();
    await page.getByText('Grace "Amazing" <Hopper>').waitFor();
    await page.getByText('</textarea>').waitFor();
    assert.equal(await alert.count(), 0);
  });

  test('a field that is to be put right is told as such, and the token need not be the same', async () => {
    await open('/');
    await page.getByLabel('Name').fill('Ada');
    await page.getByLabel('E-mail').fill('ada@localhost');
    await widget.solve();
    await page.waitForTimeout(Choir.LEAST_AGE);
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('alert').getByText('email-invalid').waitFor();
    assert.match(complaints.splice(0).join(), /status of 422/);
    const field = page.getByRole('textbox', { name: 'E-mail', description: /No letter can be sent to this address/ });
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
    await widget.reaches('ready');
    await everyLook('choir-wrong-address');
    await field.fill('grace@example.org');
    assert.equal(await page.getByLabel('Name').inputValue(), 'Ada');
    await widget.solve();
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('heading', { name: 'Look into your mail' }).waitFor();
  });
});
