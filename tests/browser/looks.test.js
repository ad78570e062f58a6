/** How it looks and how it reads: both themes, small screens, right to left, and what axe finds. */

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { axeFindsNothing, launch, screenshot, Widget } from './support/browser.js';
import { Cattlegrid } from './support/cattlegrid.js';
import { Site } from './support/site.js';

/** @import { Browser, BrowserContextOptions, Page } from 'playwright-core' */

const THEMES = /** @type {const} */ (['light', 'dark']);
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 900 };

describe('looks', () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Site} */
  let site;
  /** @type {Browser} */
  let browser;
  /** @type {Page} */
  let page;

  before(async () => {
    cattlegrid = await Cattlegrid.start();
    site = await Site.start(cattlegrid.url);
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await site.stop();
    await cattlegrid.stop();
  });
  afterEach(() => page.context().close());

  /**
   * @param {string} url
   * @param {BrowserContextOptions} options
   */
  async function open(url, options) {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
    page = await context.newPage();
    await page.goto(url);
  }

  /** Nothing sticks out at the side. */
  async function fits() {
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(Number(content) <= Number(window), `${content} pixels of content in a window of ${window}`);
  }

  for (const colorScheme of THEMES) {
    for (const [device, viewport] of Object.entries({ phone: PHONE, desk: DESK })) {
      test(`the sign-up page, ${colorScheme}, on a ${device}`, async () => {
        await open(cattlegrid.url, { colorScheme, viewport, deviceScaleFactor: 2 });
        await new Widget(page.locator('cattlegrid-captcha'), cattlegrid).reaches('ready');
        await screenshot(page, `signup-${colorScheme}-${device}`);
        await fits();
        await axeFindsNothing(page);
      });

      test(`the playground, ${colorScheme}, on a ${device}`, async () => {
        await open(`${cattlegrid.url}/playground`, { colorScheme, viewport, deviceScaleFactor: 2 });
        await page.locator('#wall li:last-child img[srcset]').waitFor();
        for (const details of await page.locator('details').all()) {
          await details.evaluate((it) => /** @type {HTMLDetailsElement} */ (it).setAttribute('open', ''));
        }
        await page.locator('button[data-preset] img').last().scrollIntoViewIfNeeded();
        await page.waitForLoadState('networkidle');
        await page.evaluate(() => scrollTo(0, 0));
        await screenshot(page, `playground-${colorScheme}-${device}`);
        await fits();
        await axeFindsNothing(page);
      });
    }

    for (const locale of ['en', 'ar']) {
      test(`the widget in every state, ${colorScheme}, ${locale}`, async () => {
        const element = `<cattlegrid-captcha sitekey="${cattlegrid.siteKey}" theme="${colorScheme}"></cattlegrid-captcha>`;
        site.lang = locale;
        site.body = `<form${colorScheme === 'dark' ? ' class="night"' : ''}>${element}</form>`;
        await open(site.url, {
          colorScheme: colorScheme === 'dark' ? 'light' : 'dark',
          viewport: PHONE,
          deviceScaleFactor: 2,
        });
        const it = new Widget(page.locator('cattlegrid-captcha'), cattlegrid);
        const show = async (/** @type {string} */ state) => {
          await screenshot(page, `widget-${colorScheme}-${locale}-${state}`);
          await axeFindsNothing(page);
        };
        await it.reaches('ready');
        const size = await it.host.boundingBox();
        await show('ready');
        assert.equal(
          await it.host.locator('.card').evaluate((card) => getComputedStyle(card).direction),
          locale === 'ar' ? 'rtl' : 'ltr',
        );

        await it.check.click();
        await show('required');
        await it.field.fill('wrong');
        await it.check.click();
        await it.host.locator('[data-tone=danger]').waitFor();
        await it.reaches('ready');
        await show('wrong');

        const { promise: held, resolve: release } = resolvable();
        await page.route('**/answer', async (route) => (await held, await route.continue()));
        await it.field.fill(await it.answer());
        await it.check.click();
        await it.reaches('checking');
        await show('checking');
        release();
        await it.reaches('solved');
        await show('solved');

        await page.route('**/api/v1/challenges', async (route) => route.abort());
        await it.host.evaluate((host) => /** @type {any} */ (host).reset());
        await it.reaches('loading');
        await show('loading');
        await it.reaches('failed');
        await show('failed');
        assert.deepEqual(await it.host.boundingBox(), size, 'its size is the same in every state');
      });
    }
  }

  test('every target of the widget is at least 44 pixels each way', async () => {
    site.lang = 'en';
    site.body = `<cattlegrid-captcha sitekey="${cattlegrid.siteKey}"></cattlegrid-captcha>`;
    await open(site.url, { viewport: PHONE });
    const it = new Widget(page.locator('cattlegrid-captcha'), cattlegrid);
    await it.reaches('ready');
    for (const target of [it.field, it.check, it.refresh]) {
      const box = await target.boundingBox();
      assert.ok(box && box.width >= 44 && box.height >= 44, JSON.stringify(box));
    }
  });

  test('nothing moves when the picture comes', async () => {
    site.lang = 'en';
    site.body = `<cattlegrid-captcha sitekey="${cattlegrid.siteKey}"></cattlegrid-captcha><p>Below</p>`;
    const { promise: held, resolve: release } = resolvable();
    await open('about:blank', { viewport: PHONE });
    await page.route('**/image*', async (route) => (await held, await route.continue()));
    await page.goto(site.url);
    const below = page.getByText('Below');
    await page.getByText('Type the characters').waitFor();
    const before = await below.boundingBox();
    release();
    await new Widget(page.locator('cattlegrid-captcha'), cattlegrid).reaches('ready');
    assert.deepEqual(await below.boundingBox(), before);
  });
});

/** A promise, and what ends it. */
function resolvable() {
  /** @type {(value?: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((end) => (resolve = end));
  return { promise, resolve };
}
