/** What the widget sees of its own use, and the score that comes of it. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { launch, screenshot, Widget } from './support/browser.js';
import { Cattlegrid } from './support/cattlegrid.js';
import { Site } from './support/site.js';

/** @import { Browser, BrowserContextOptions, Page } from 'playwright-core' */
/** @typedef {(page: Page, it: Widget, answer: string) => Promise<void>} Way */

/** A site that asks programs twice. */
const TWICE = 'twice';
const SECRET = 'a-secret-key-for-tests';

/** Whoever has neither pointer nor keys that a page could see: a screen reader's cursor, a switch, a voice. */
const press = (/** @type {import('playwright-core').Locator} */ place) =>
  place.evaluate((element) => /** @type {HTMLElement} */ (element).click());

/** @type {Record<string, { used: string[], options?: BrowserContextOptions, way: Way }>} */
const WAYS = {
  'keys alone': {
    used: ['keys'],
    way: async (page, _, answer) => {
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.type(`x${answer}`);
      await page.keyboard.press('Home');
      await page.keyboard.press('Delete');
      await page.keyboard.press('Enter');
    },
  },
  'a mouse and keys': {
    used: ['pointer', 'keys'],
    way: async (page, it, answer) => {
      await it.field.click();
      await page.keyboard.type(answer);
      await it.check.click();
    },
  },
  'a finger': {
    used: ['touch'],
    options: { hasTouch: true },
    way: async (page, it, answer) => {
      await it.field.tap();
      await page.keyboard.insertText(answer);
      await it.check.tap();
    },
  },
  'a screen reader': {
    used: [],
    way: async (page, it, answer) => {
      await it.field.focus();
      await page.keyboard.insertText(answer);
      await press(it.check);
    },
  },
};

describe('behaviour', () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Site} */
  let site;
  /** @type {Browser} */
  let browser;
  /** @type {import('playwright-core').BrowserContext[]} */
  let contexts;

  before(async () => {
    cattlegrid = await Cattlegrid.start(`
      demo = true
      [[sites]]
      key = "${TWICE}"
      secret = "${SECRET}"
      behaviour.second_below = 0.7
    `);
    site = await Site.start(cattlegrid.url);
    // As a person's browser, which says of none that it is driven.
    browser = await launch(['--disable-blink-features=AutomationControlled']);
  });
  after(async () => {
    await browser.close();
    await site.stop();
    await cattlegrid.stop();
  });
  beforeEach(() => (contexts = []));
  afterEach(() => Promise.all(contexts.map((context) => context.close())));

  async function open(sitekey = cattlegrid.siteKey, /** @type {BrowserContextOptions} */ options = {}) {
    site.body = `<a href="#">A link</a><form><cattlegrid-captcha sitekey="${sitekey}"></cattlegrid-captcha></form>`;
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    contexts.push(context);
    const page = await context.newPage();
    return { page, it: new Widget(page.locator('cattlegrid-captcha'), cattlegrid), load: () => page.goto(site.url) };
  }

  /** Answers in this way after a while, and tells what was sent and what it is worth. */
  async function go(/** @type {{ options?: BrowserContextOptions, way: Way }} */ { options, way }) {
    const { page, it, load } = await open(undefined, options);
    await load();
    const answer = await it.answer();
    // As long as a person takes at least, by the server's clock as well.
    await page.waitForTimeout(1500);
    const sent = page.waitForRequest('**/answer');
    await way(page, it, answer);
    const { signals } = (await sent).postDataJSON();
    await it.reaches('solved');
    const response = await it.token();
    return { signals, told: await cattlegrid.siteverify({ secret: cattlegrid.secretKey, response }) };
  }

  test('nobody has a lower score for what they use', async () => {
    await Promise.all(
      Object.entries(WAYS).map(async ([name, { used, ...way }]) => {
        const { signals, told } = await go(way);
        assert.deepEqual(signals.used, used, name);
        assert.equal(told.score, 1, `${name}: ${told['score-reasons']}`);
        assert.deepEqual(told['score-reasons'], [], name);
      }),
    );
  });

  test('what is sent is coarse, and no more than is documented', async () => {
    const { signals } = await go({
      way: async (page, it, answer) => {
        for (let time = 0; time < 20; time++) await it.field.fill(String(time));
        await it.field.press('Backspace');
        await page.getByText('A link').focus();
        await it.field.fill(answer);
        await it.check.click();
      },
    });
    const { time, ...others } = signals;
    assert.ok(Number.isInteger(time) && time >= 3 && time <= 120, time);
    assert.deepEqual(others, { used: ['keys', 'pointer'], edits: 15, corrections: 1, blurs: 1, automated: false });
  });

  test('a script that fills it in has a lower score, and one that drives a browser', async () => {
    const scripted = await go({
      way: async (_, it, answer) =>
        it.host.evaluate((host, answer) => {
          const field = /** @type {HTMLInputElement} */ (host.shadowRoot?.querySelector('.field'));
          field.value = answer;
          for (const type of ['pointerdown', 'keydown', 'input'])
            field.dispatchEvent(new Event(type, { composed: true }));
          return /** @type {any} */ (host).check();
        }, answer),
    });
    assert.deepEqual(scripted.told['score-reasons'], ['untouched']);

    const { page, it, load } = await open();
    await page.addInitScript(() => Object.defineProperty(navigator, 'webdriver', { value: true }));
    await load();
    await it.solve();
    const told = await cattlegrid.siteverify({ secret: cattlegrid.secretKey, response: await it.token() });
    assert.equal(told['score-reasons'][0], 'automated');
  });

  test('whoever is asked for a second one is told so kindly, and passes', async () => {
    const { page, it, load } = await open(TWICE, { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2 });
    await page.addInitScript(() => Object.defineProperty(navigator, 'webdriver', { value: true }));
    await load();
    const first = await it.key();
    await it.field.fill(await it.answer());
    await it.check.click();
    await it.status.getByText('That is right. One more, please.').waitFor();
    await it.reaches('ready');
    assert.notEqual(await it.key(), first);
    assert.equal(await it.field.getAttribute('aria-invalid'), 'false');
    assert.equal(await it.field.inputValue(), '');
    await screenshot(page, 'widget-another');
    await it.solve();
    const told = await cattlegrid.siteverify({ secret: SECRET, response: await it.token() });
    assert.equal(told.success, true);
  });
});
