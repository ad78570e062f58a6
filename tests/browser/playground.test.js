/** The playground: what the knobs make, and that what it gives to copy is what a server takes. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { launch } from './support/browser.js';
import { Cattlegrid } from './support/cattlegrid.js';

/** @import { Browser, Page } from 'playwright-core' */

describe('the playground', () => {
  /** @type {Cattlegrid} */
  let cattlegrid;
  /** @type {Browser} */
  let browser;
  /** @type {Page} */
  let page;
  /** @type {Error[]} */
  let errors;

  before(async () => {
    cattlegrid = await Cattlegrid.start();
    browser = await launch();
  });
  after(async () => {
    await browser.close();
    await cattlegrid.stop();
  });
  beforeEach(async () => {
    page = await browser.newPage();
    errors = [];
    page.on('pageerror', (error) => errors.push(error));
    await page.goto(`${cattlegrid.url}/playground`);
    for (const details of await page.locator('details').all()) {
      await details.evaluate((it) => /** @type {HTMLDetailsElement} */ (it).setAttribute('open', ''));
    }
    await page.locator('#wall li:last-child img[srcset]').waitFor();
  });
  afterEach(async () => {
    await page.close();
    assert.deepEqual(errors, []);
  });

  const picture = () => page.locator('#picture').evaluate((it) => /** @type {HTMLImageElement} */ (it).currentSrc);
  const configuration = () => page.locator('#toml').textContent();

  /** Waits until what was asked for is drawn. */
  const drawn = () => page.locator('#picture:not([aria-busy=true])').waitFor();

  /** Turns a knob as a person would, with the keyboard. */
  async function turn(/** @type {string} */ label, /** @type {string} */ key) {
    const before = await picture();
    await page.getByRole('slider', { name: label, exact: true }).press(key);
    await drawn();
    assert.notEqual(await picture(), before, label);
  }

  test('a knob changes the picture and what there is to copy', async () => {
    assert.doesNotMatch((await configuration()) ?? '', /warp/);
    await turn('Warp', 'Home');
    assert.match((await configuration()) ?? '', /\[sites\.style\]\npreset = "hard"\nwarp = 0\n/);
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.locator('#toml').getByText('warp').waitFor({ state: 'detached' });
    assert.doesNotMatch((await configuration()) ?? '', /warp/);
  });

  test('a new picture is another one with the same settings', async () => {
    const [before, settings] = [await picture(), await configuration()];
    await page.getByRole('button', { name: 'New picture' }).click();
    await drawn();
    assert.notEqual(await picture(), before);
    assert.equal(await configuration(), settings);
  });

  test('each kind and preset has its picture, which one can start from', async () => {
    const samples = page.locator('button[data-preset]');
    assert.equal(await samples.count(), 8);
    await page.getByRole('button', { name: 'math, classic' }).click();
    await page.locator('#toml').getByText('kinds = ["math"]').waitFor();
    assert.match((await configuration()) ?? '', /preset = "classic"/);
    assert.equal(await page.getByRole('slider', { name: 'Font size' }).inputValue(), '22');
  });

  test('the knobs stand where the presets have them', async () => {
    for (const preset of ['hard', 'classic']) {
      const sketch = (/** @type {object} */ style) =>
        page.request.get(`${cattlegrid.url}/playground/picture`, {
          params: { seed: 5, sketch: JSON.stringify({ kind: 'chars', style: { preset, ...style } }) },
        });
      const spelled = await page.evaluate((preset) => {
        /** @type {Record<string, any>} */
        const style = { noise: [], letter_colours: [] };
        for (const knob of document.querySelectorAll(`[data-${preset}]`)) {
          if (!(knob instanceof HTMLInputElement)) continue;
          const said = knob.dataset[preset] ?? '';
          const [table, key, end] = (knob.dataset.path ?? knob.dataset.list ?? '').split('.');
          const value = knob.type === 'range' ? Number(said) : knob.type === 'checkbox' ? said === 'true' : said;
          if (!key) continue;
          if (table === 'noise' && end && value) style.noise.push({ kind: key, [end]: value });
          if (table !== 'style') continue;
          if (knob.dataset.list) style[key] = [...new Set([...style[key], value])];
          else if (end) style[key] = [...(style[key] ?? []), value];
          else style[key] = value;
        }
        return style;
      }, preset);
      const [implied, said] = [await sketch({}), await sketch(spelled)];
      assert.equal(said.status(), 200, await said.text());
      assert.ok((await implied.body()).equals(await said.body()), `${preset} is drawn as its knobs say`);
    }
  });

  test('a server takes the configuration that is copied', async () => {
    await page.getByText('unicode', { exact: true }).click();
    await drawn();
    await turn('Length', 'ArrowRight');
    for (const label of ['Rotation from', 'Gap to', 'Strokes', 'Specks', 'Lean']) await turn(label, 'ArrowRight');
    await page.getByLabel('Second ink').fill('#aa0000');
    await page.getByLabel('Smoothing').check();
    await page.getByLabel('None').check();
    await page.getByLabel('Size', { exact: true }).selectOption('at-least');
    await page.getByLabel('Width').fill('300');
    await page.locator('#toml').getByText('at-least = [300, 70]').waitFor();
    const toml = ((await configuration()) ?? '')
      .replace('key = "…"', 'key = "copied"')
      .replace('secret = "…"', 'secret = "a-secret-key-for-tests"');
    const other = await Cattlegrid.start(toml);
    const issued = await page.request.post(`${other.url}/api/v1/challenges`, { data: { sitekey: 'copied' } });
    assert.equal((await issued.json()).kind, 'unicode');
    await other.stop();
  });

  test('what cannot be drawn is explained, and the last picture stays', async () => {
    const before = await picture();
    await page.getByLabel('Background').fill('#1b3a6b');
    await page.getByRole('status').getByText('contrast').waitFor();
    assert.equal(await picture(), before);
    await page.getByRole('button', { name: 'Reset' }).click();
    await page.getByText('custom', { exact: true }).click();
    await page.getByLabel('Text').fill('𓀀');
    await page.getByRole('status').getByText('no font has').waitFor();
  });

  test('what is not a sketch is refused', async () => {
    const get = (/** @type {object} */ params) =>
      page.request.get(`${cattlegrid.url}/playground/picture`, { params: { seed: 1, ...params } });
    for (const sketch of ['', '{', '{"kind":"nothing"}', '{"kind":"chars","colour":1}', '{"kind":"custom"}']) {
      const response = await get({ sketch });
      assert.equal(response.status(), 400, sketch);
      assert.equal((await response.json()).code, 'bad-request');
    }
    assert.equal((await get({})).status(), 400);
  });
});
