/** A page of somebody's with the script of a provider, in whose place this server is. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launch, Widget } from './browser.js';
import { Cattlegrid } from './cattlegrid.js';
import { Site } from './site.js';

/** @import { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core' */

const DOCUMENT = new URL('../../../docs/compatibility.md', import.meta.url);

/** The site key whose pages these are, one that is for another host, and one whose tokens are soon too old. */
export const SITE = 'site';
export const ELSEWHERE = 'elsewhere';
export const HASTY = 'hasty';

/** What the page's own script does first: `heard` has each callback that was called, with what it was given. */
const LISTEN = `
  window.heard = [];
  window.tell = (name) => (...given) => void heard.push([name, ...given]);
  addEventListener('unhandledrejection', ({ reason }) => tell('unhandled')(String(reason)));
`;

const CALLBACKS = ['callback', 'expired-callback', 'error-callback'];

export class StandIn {
  /** What the tests have shown to work. @type {Set<string>} */
  shown = new Set();
  /** @type {string[]} */
  complaints = [];
  sent = 0;

  /**
   * @param {{ name: string, global: string, path: string, dialect: string, className: string, callbacks?: string[] }} about
   */
  constructor({ name, global, path, dialect, className, callbacks = [] }) {
    this.name = name;
    this.global = global;
    this.path = path;
    this.className = className;
    this.callbacks = [...CALLBACKS, ...callbacks];
    const config = `test_keys = true
      ${[SITE, ELSEWHERE, HASTY]
        .map(
          (key) => `
      [[sites]]
      key = "${key}"
      secret = "the-secret-key-of-${key}"
      dialect = "${dialect}"
      hostnames = ${key === ELSEWHERE ? '["elsewhere.example"]' : '[]'}
      ${key === HASTY ? 'token_ttl = "2s"' : ''}`,
        )
        .join('\n')}`;
    // Why: they are there when a test runs, which is when anybody looks.
    const later = /** @type {any} */ (undefined);
    /** @type {Cattlegrid} */
    this.cattlegrid = later;
    /** @type {Site} */
    this.site = later;
    /** @type {Browser} */
    this.browser = later;
    /** @type {BrowserContext} */
    this.context = later;
    /** @type {Page} */
    this.page = later;
    before(async () => {
      this.cattlegrid = await Cattlegrid.start(config);
      this.site = await Site.start(this.cattlegrid.url);
      this.browser = await launch();
    });
    after(async () => {
      await this.browser.close();
      await this.site.stop();
      await this.cattlegrid.stop();
    });
    beforeEach(async () => {
      this.site.script = '';
      this.complaints = [];
      await this.as({});
    });
    afterEach(async () => {
      await this.context.close();
      assert.deepEqual(
        this.complaints.filter((text) => /content security policy|TypeError|ReferenceError/i.test(text)),
        [],
      );
    });
  }

  /** Has another browser open the page. */
  async as(/** @type {BrowserContextOptions} */ options) {
    await this.context?.close();
    this.context = await this.browser.newContext({ reducedMotion: 'reduce', ...options });
    this.page = await this.context.newPage();
    this.page.on('console', (message) => this.complaints.push(message.text()));
    this.page.on('pageerror', (error) => this.complaints.push(String(error)));
  }

  /** A test that shows these rows of docs/compatibility.md to work. */
  shows(/** @type {string} */ title, /** @type {string[]} */ rows, /** @type {() => Promise<void>} */ run) {
    test(title, async () => {
      await run();
      for (const row of rows) this.shown.add(row);
    });
  }

  /** The last test: the document says no more and no less than was shown. */
  holdsTheDocument() {
    test('is documented as it was shown to be', async () => {
      const [, section = ''] = (await readFile(DOCUMENT, 'utf8')).split(`\n## ${this.name}\n`);
      const [own = ''] = section.split('\n## ');
      const works = [...own.matchAll(/^\| (`.*`) \| (yes|in part|no) \|/gm)]
        .filter(([, , works]) => works !== 'no')
        .flatMap(([, names = '']) => [...names.matchAll(/`(.*?)`/g)].map(([, name = '']) => name));
      assert.ok(works.length > 0);
      assert.deepEqual([...this.shown].sort(), works.sort());
    });
  }

  /** @param {string} query what the script's address has behind the `?` */
  async open(body = '', query = '', path = this.path) {
    // Why: not `async`, to come after the page's own script, which has the callbacks.
    this.site.head = `<script src="${this.cattlegrid.url}${path}?${query}" defer></script>`;
    this.site.body = body;
    const own = this.callbacks.map((name) => `window['on ${name}'] = tell('${name}');`).join('\n');
    this.site.script = `${LISTEN}${own}\n${this.site.script}`;
    await this.page.goto(this.site.url);
    return this.widget();
  }

  /** Opens a page that renders by itself what `params` say, in `#box`. */
  async rendered(/** @type {Record<string, any>} */ params = {}, query = '', around = '<div id="box"></div>') {
    this.site.script = `window.loaded = () => tell('onload')();`;
    await this.open(
      `<form method="post">${around}<button>Send</button></form>`,
      `onload=loaded&render=explicit&${query}`,
    );
    await this.hears('onload');
    await this.render(params);
    return this.widget();
  }

  /** Renders, with every callback a function. */
  render(/** @type {Record<string, any>} */ params = {}, where = this.name === 'Turnstile' ? '#box' : 'box') {
    return this.page.evaluate(
      ([global, where, params, callbacks]) => {
        const { tell } = /** @type {any} */ (window);
        const own = Object.fromEntries(callbacks.map((name) => [name, tell(name)]));
        return /** @type {any} */ (window)[global].render(where, { ...own, ...params });
      },
      /** @type {[string, string, object, string[]]} */ ([
        this.global,
        where,
        { sitekey: SITE, ...params },
        this.callbacks,
      ]),
    );
  }

  /** Calls a method of the provider's global. @returns {Promise<any>} */
  call(/** @type {string} */ method, /** @type {any[]} */ ...given) {
    return this.page.evaluate(
      ([global, method, given]) => /** @type {any} */ (window)[global][method](...given),
      /** @type {[string, string, any[]]} */ ([this.global, method, given]),
    );
  }

  /** Has the captcha that is seen by nobody begin. */
  execute() {
    return this.page.evaluate((global) => void (/** @type {any} */ (window)[global].execute()), this.global);
  }

  /** Calls one that promises something: how that is kept is heard as `kept` or `broken`. */
  promise(/** @type {string} */ method, /** @type {any[]} */ ...given) {
    return this.page.evaluate(([global, method, given]) => {
      const { tell, [global]: api } = /** @type {any} */ (window);
      api[method](...given).then(tell('kept'), (/** @type {any} */ reason) => tell('broken')(reason.message ?? reason));
    }, /** @type {[string, string, any[]]} */ ([this.global, method, given]));
  }

  /** An element that is rendered by its class. */
  element(attributes = '', tag = 'div', sitekey = SITE) {
    const callbacks = this.callbacks.map((name) => `data-${name}="on ${name}"`).join(' ');
    return `<${tag} class="${this.className}" data-sitekey="${sitekey}" ${callbacks} ${attributes}>${
      tag === 'button' ? 'Send' : ''
    }</${tag}>`;
  }

  form(/** @type {string[]} */ ...elements) {
    return `<form method="post"><input name="a" value="1">${elements.join('')}<button>Send</button></form>`;
  }

  widget(place = 0) {
    return new Widget(this.page.locator('cattlegrid-captcha').nth(place), this.cattlegrid);
  }

  get dialog() {
    return this.page.getByRole('dialog');
  }

  /** Waits until the dialog has left the page, which it does a moment after it has closed. */
  async dialogIsGone() {
    await this.page.locator('dialog').waitFor({ state: 'detached' });
  }

  /** What was told of a callback, once it was. @returns {Promise<any[]>} */
  async hears(/** @type {string} */ name, times = 1) {
    const told = await this.page.waitForFunction(
      ([name, times]) =>
        /** @type {any} */ (window).heard?.filter((/** @type {string[]} */ [heard]) => heard === name)[times - 1],
      /** @type {[string, number]} */ ([name, times]),
    );
    return (await told.jsonValue()).slice(1);
  }

  /** The names of all callbacks so far. @returns {Promise<string[]>} */
  heard() {
    return this.page.evaluate(() => /** @type {any} */ (window).heard.map((/** @type {string[]} */ [name]) => name));
  }

  forget() {
    return this.page.evaluate(() => void (/** @type {any} */ (window).heard.splice(0)));
  }

  /** What the form would send. */
  fields(form = 0) {
    return this.page.evaluate(
      (form) => Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (document.forms[form]))),
      form,
    );
  }

  /** Presses the form's button. @returns {Promise<Record<string, string>>} what was sent */
  async send() {
    const loaded = this.page.waitForEvent('load');
    await this.page.getByRole('button', { name: 'Send' }).first().click();
    await loaded;
    return Object.fromEntries(new URLSearchParams(this.site.received.at(-1)));
  }

  /** What a back end is told, at the provider's path. */
  verify(/** @type {string} */ response, secret = `the-secret-key-of-${SITE}`) {
    const path = { grecaptcha: '/recaptcha/api/siteverify', turnstile: '/turnstile/v0/siteverify' }[this.global];
    return this.cattlegrid.siteverify({ secret, response }, path);
  }

  /** Answers the picture in the dialog, which then closes. */
  async answer(place = 0) {
    const widget = this.widget(place);
    await widget.field.fill(await widget.answer());
    await widget.check.click();
  }

  /** The element that has the focus, in whatever shadow it is. */
  focused() {
    return this.page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      return element?.className || element?.localName;
    });
  }
}
