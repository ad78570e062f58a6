/** The browser, and a person who uses the widget in it. */

import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

/** @import { Locator, Page } from 'playwright-core' */
/** @import { Opened } from './cattlegrid.js' */

const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const SCREENSHOTS = fileURLToPath(new URL('../../../target/screenshots/', import.meta.url));

export const launch = (/** @type {string[]} */ flags = []) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...QUIET, ...flags] });

/** Keeps a picture of the page for people to look at. */
export async function screenshot(/** @type {Page} */ page, /** @type {string} */ name) {
  await mkdir(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: `${SCREENSHOTS}${name}.png`, fullPage: true });
}

/** The page can be used by everybody, as far as a program can tell. */
export async function axeFindsNothing(/** @type {Page} */ page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => /** @type {any} */ (window).axe.run());
  const found = violations.map((/** @type {any} */ { id, nodes }) => [
    id,
    ...nodes.map((/** @type {any} */ node) => node.html),
  ]);
  assert.deepEqual(found, []);
}

/** A widget on a page, as a person meets it. */
export class Widget {
  /**
   * @param {Locator} host
   * @param {{ open: (key: string) => Promise<Opened> }} cattlegrid
   */
  constructor(host, cattlegrid) {
    this.host = host;
    this.cattlegrid = cattlegrid;
    this.field = host.getByRole('textbox');
    this.check = host.locator('.check');
    this.refresh = host.locator('.refresh');
    this.retry = host.locator('.retry');
    this.status = host.getByRole('status');
    this.picture = host.getByRole('img');
  }

  /** @param {string} state */
  async reaches(state) {
    await this.host.locator(`[data-state=${state}]`).waitFor();
  }

  /** The key of the challenge that is shown. */
  async key() {
    await this.reaches('ready');
    const address = await this.picture.evaluate((image) => /** @type {HTMLImageElement} */ (image).currentSrc);
    return address.split('/challenges/')[1]?.split('/')[0] ?? '';
  }

  /** The right answer. */
  async answer() {
    const { answer } = await this.cattlegrid.open(await this.key());
    return answer;
  }

  async solve() {
    await this.field.fill(await this.answer());
    await this.check.click();
    await this.reaches('solved');
  }

  /** The response token, as the element has it. */
  token() {
    return this.host.evaluate((host) => /** @type {any} */ (host).value);
  }
}
