/** Components for React that sites have from npm, with nothing changed but where the providers' hosts lead. */

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { launch, screenshot, Widget } from '../support/browser.js';
import { bundle } from '../support/bundle.js';
import { Cattlegrid } from '../support/cattlegrid.js';
import { Site } from '../support/site.js';
import { Tls } from '../support/tls.js';

/** @import { Browser, Page } from 'playwright-core' */

/** @typedef {{ sitekey: string, secret: string }} Keys */

/**
 * @typedef {object} Client
 * @property {string} name the package's
 * @property {string} page the module that uses it
 * @property {string} host where it looks for its provider
 * @property {string} dialect
 * @property {string} siteverify the path that its provider has for back ends
 * @property {string} field the form's, with the token
 * @property {string} spent what the back end is told of a token that was verified before
 * @property {string} expired what it is told of one that came too late
 * @property {(sitekey: string) => object} props
 * @property {object} german the properties with which it speaks German
 * @property {object[]} sizes the properties with which it is of each size
 * @property {object} waits the properties with which it waits for `execute`
 * @property {(url: string) => { origin: string, props: object, head?: string }} elsewhere how it is told of another place
 * @property {Keys} passes published keys with which everybody passes
 * @property {{ sitekey?: string, secret: string, code: string }} [blocks] published keys with which nobody does
 */

/** reCAPTCHA's second host. */
const OTHER = 'recaptcha.net';

/** @type {Client[]} */
const CLIENTS = [
  {
    name: '@hcaptcha/react-hcaptcha',
    page: 'react-hcaptcha.js',
    host: 'js.hcaptcha.com',
    dialect: 'hcaptcha',
    siteverify: '/siteverify',
    field: 'h-captcha-response',
    spent: 'already-seen-response',
    expired: 'expired-input-response',
    props: (sitekey) => ({ sitekey }),
    german: { languageOverride: 'de' },
    sizes: [{ size: 'normal' }, { size: 'compact' }],
    waits: { size: 'invisible' },
    elsewhere: (url) => ({ origin: url, props: { apihost: url } }),
    passes: {
      sitekey: '10000000-ffff-ffff-ffff-000000000001',
      secret: '0x0000000000000000000000000000000000000000',
    },
    // Why: what this one key does with every token that is not published too.
    blocks: { secret: '0x0000000000000000000000000000000000000000', code: 'not-using-dummy-passcode' },
  },
  {
    name: 'react-google-recaptcha',
    page: 'react-google-recaptcha.js',
    host: 'www.google.com',
    dialect: 'recaptcha-v2',
    siteverify: '/recaptcha/api/siteverify',
    field: 'g-recaptcha-response',
    spent: 'timeout-or-duplicate',
    expired: 'timeout-or-duplicate',
    props: (sitekey) => ({ sitekey }),
    german: { hl: 'de' },
    sizes: [{ size: 'normal' }, { size: 'compact' }],
    waits: { size: 'invisible' },
    elsewhere: () => ({ origin: `https://${OTHER}`, props: { recaptchaOptions: { useRecaptchaNet: true } } }),
    passes: {
      sitekey: '6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI',
      secret: '6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe',
    },
  },
  {
    name: '@marsidev/react-turnstile',
    page: 'react-turnstile.js',
    host: 'challenges.cloudflare.com',
    dialect: 'turnstile',
    siteverify: '/turnstile/v0/siteverify',
    field: 'cf-turnstile-response',
    spent: 'timeout-or-duplicate',
    expired: 'timeout-or-duplicate',
    props: (siteKey) => ({ siteKey }),
    german: { options: { language: 'de' } },
    sizes: ['normal', 'compact', 'flexible', 'invisible'].map((size) => ({ options: { size } })),
    waits: { options: { execution: 'execute' } },
    elsewhere: (url) => ({
      origin: url,
      props: { injectScript: false },
      head: `<script id="cf-turnstile-script" src="${url}/turnstile/v0/api.js?render=explicit" async></script>`,
    }),
    passes: { sitekey: '1x00000000000000000000AA', secret: '1x0000000000000000000000000000000AA' },
    blocks: {
      sitekey: '2x00000000000000000000AB',
      secret: '2x0000000000000000000000000000000AA',
      code: 'invalid-input-response',
    },
  },
];

const secretOf = (/** @type {string} */ sitekey) => `the-secret-key-of-${sitekey}`;
const hasty = (/** @type {Client} */ { dialect }) => `${dialect}-hasty`;

const SITES = CLIENTS.flatMap((client) => [
  { key: client.dialect, dialect: client.dialect, ttl: '2m' },
  { key: hasty(client), dialect: client.dialect, ttl: '2s' },
]);
const CONFIG = SITES.map(
  ({ key, dialect, ttl }) => `
    [[sites]]
    key = "${key}"
    secret = "${secretOf(key)}"
    dialect = "${dialect}"
    token_ttl = "${ttl}"
  `,
).join('');

const TEST_KEYS = 'test_keys = true';

/** @type {Cattlegrid} */
let cattlegrid;
/** A server to which the published keys for tests are unknown. @type {Cattlegrid} */
let earnest;
/** @type {Tls} */
let tls;
/** @type {Browser} */
let browser;

before(async () => {
  cattlegrid = await Cattlegrid.start(TEST_KEYS + CONFIG);
  earnest = await Cattlegrid.start(CONFIG);
  tls = await Tls.start(cattlegrid.url);
  browser = await launch(tls.flags(OTHER, ...CLIENTS.map(({ host }) => host)));
});
after(async () => {
  await browser.close();
  tls.stop();
  await earnest.stop();
  await cattlegrid.stop();
});

for (const client of CLIENTS) {
  describe(client.name, () => {
    /** @type {string} */
    let script;
    /** @type {Site} */
    let site;
    /** @type {Page} */
    let page;
    /** @type {Widget} */
    let widget;
    /** @type {string[]} */
    let errors;

    before(async () => {
      script = await bundle(new URL(`pages/${client.page}`, import.meta.url));
      site = await siteOf(`https://${client.host}`);
    });
    after(() => site.stop());
    beforeEach(async () => {
      tls.url = cattlegrid.url;
      page = await browser.newPage();
      errors = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (message) => /content security policy/i.test(message.text()) && errors.push(message.text()));
      widget = new Widget(page.locator('cattlegrid-captcha'), cattlegrid);
    });
    afterEach(async () => {
      await page.close();
      assert.deepEqual(errors, []);
    });

    /** Somebody's site with the component, whose provider is here. */
    async function siteOf(/** @type {string} */ provider, head = '') {
      const site = await Site.start(provider);
      site.body = '<form method="post"><div id="captcha"></div><button>Send</button></form>';
      return Object.assign(site, { head, script });
    }

    /** Opens a page with more of the component's properties. */
    const open = (sitekey = client.dialect, more = {}, { url } = site) =>
      page.goto(`${url}#${encodeURIComponent(JSON.stringify({ ...client.props(sitekey), ...more }))}`);

    /** What the component tells of an event, once it does. */
    async function hears(/** @type {string} */ event) {
      const told = await page.waitForFunction(
        (event) => /** @type {any} */ (window).heard?.find((/** @type {string[]} */ [heard]) => heard === event),
        event,
      );
      return (await told.jsonValue()).slice(1);
    }

    const call = (/** @type {string} */ method) =>
      page.evaluate((method) => /** @type {any} */ (window).component[method](), method);

    /** What a back end is told. */
    const verify = (/** @type {string} */ token, secret = secretOf(client.dialect)) =>
      cattlegrid.siteverify({ secret, response: token }, client.siteverify);

    async function isRefused(/** @type {Promise<any>} */ verifying, /** @type {string} */ code) {
      const { success, 'error-codes': codes } = await verifying;
      assert.deepEqual({ success, codes }, { success: false, codes: [code] });
    }

    test('a right answer earns a token that is sent with the form, and passes once', async () => {
      await open();
      await widget.solve();
      const [token] = await hears('passed');
      assert.equal(await call('response'), token);
      await screenshot(page, `client-${client.dialect}`);
      const sent = page.waitForEvent('load');
      await page.getByRole('button', { name: 'Send' }).click();
      await sent;
      assert.equal(new URLSearchParams(site.received.at(-1)).get(client.field), token);

      const verification = await verify(token);
      assert.equal(verification.success, true);
      assert.equal(verification.hostname, 'localhost');
      await isRefused(verify(token), client.spent);
    });

    test('a wrong answer earns nothing', async () => {
      await open();
      const first = await widget.key();
      await widget.field.fill('wrong');
      await widget.check.click();
      await widget.status.getByText('That was not it').waitFor();
      assert.notEqual(await widget.key(), first);
      assert.equal((await call('response')) || '', '');
      assert.ok(!(await page.evaluate(() => JSON.stringify(/** @type {any} */ (window).heard))).includes('passed'));
      await isRefused(verify(first), 'invalid-input-response');
    });

    test('a token expires, and the component says so', async () => {
      await open(hasty(client));
      await widget.solve();
      const [token] = await hears('passed');
      await hears('expired');
      assert.equal((await call('response')) || '', '');
      await isRefused(verify(token, secretOf(hasty(client))), client.expired);
    });

    test('begins again when it is told to', async () => {
      await open();
      await widget.solve();
      const [token] = await hears('passed');
      await call('reset');
      assert.equal((await call('response')) || '', '');
      await widget.solve();
      const next = await call('response');
      assert.notEqual(next, token);
      assert.equal((await verify(next)).success, true);
    });

    test('asks in German where it is told to', async () => {
      await open(client.dialect, client.german);
      await widget.reaches('ready');
      await widget.host.getByText('Geben Sie die Zeichen ein').waitFor();
    });

    for (const sized of client.sizes) {
      test(`can be seen, and covers nothing, with ${JSON.stringify(sized)}`, async () => {
        await open(client.dialect, sized);
        await widget.reaches('ready');
        await screenshot(page, `client-${client.dialect}-${JSON.stringify(sized).match(/\w+(?="})/)}`);
        const box = await widget.host.boundingBox();
        const button = await page.getByRole('button', { name: 'Send' }).boundingBox();
        assert.ok(box && button);
        assert.ok(box.width > 150 && box.y + box.height <= button.y, JSON.stringify({ box, button }));
      });
    }

    test('leaves nothing behind', async () => {
      await open();
      await widget.solve();
      await call('unmount');
      await widget.host.waitFor({ state: 'detached' });
      assert.deepEqual(await page.evaluate(() => [...new FormData(document.forms[0]).keys()]), []);
    });

    test('waits until it is told to begin', async () => {
      await open(client.dialect, client.waits);
      await hears('ready');
      assert.equal(await widget.host.count(), 0);
      await call('execute');
      await screenshot(page, `client-${client.dialect}-executed`);
      await widget.field.fill(await widget.answer());
      await widget.check.click();
      const [token] = await hears('passed');
      assert.equal((await verify(token)).success, true);
    });

    test('promises a token where it is asked for one', async () => {
      await open(client.dialect, client.waits);
      await hears('ready');
      const promise = call('executeAsync');
      await widget.field.fill(await widget.answer());
      await widget.check.click();
      const token = await promise;
      assert.deepEqual((await hears('passed'))[0], token);
      assert.equal((await verify(token)).success, true);
    });

    test('has a setting of its own for where its provider is', async () => {
      const { origin, props, head } = client.elsewhere(cattlegrid.url);
      const site = await siteOf(origin, head);
      await open(client.dialect, props, site);
      await widget.solve();
      const [token] = await hears('passed');
      assert.equal((await verify(token)).success, true);
      await site.stop();
    });

    test('is refused with the secret keys of others, who do not spend its token', async () => {
      await open();
      await widget.solve();
      const [token] = await hears('passed');
      const other = CLIENTS.find(({ dialect }) => dialect !== client.dialect) ?? client;
      assert.equal((await verify(token, secretOf(other.dialect))).success, false);
      if (client.blocks) await isRefused(verify(token, client.blocks.secret), client.blocks.code);
      assert.equal((await verify(token)).success, true);
    });

    test('has the published keys for tests', async () => {
      const { sitekey, secret } = client.passes;
      await open(sitekey);
      const [token] = await hears('passed');
      assert.equal((await verify(token, secret)).success, true);
      assert.equal((await verify(token)).success, false, 'not with a key that is in earnest');
    });

    test('has no keys for tests where the server is in earnest', async () => {
      const { sitekey, secret } = client.passes;
      tls.url = earnest.url;
      await open(sitekey);
      await hears('failed');
      assert.equal((await call('response')) || '', '');
      const verification = await earnest.siteverify({ secret, response: 'any' }, client.siteverify);
      assert.equal(verification.success, false);
    });

    const { sitekey } = client.blocks ?? {};
    if (sitekey) {
      test('has a published key with which nobody passes', async () => {
        await open(sitekey);
        await hears('failed');
        assert.equal((await call('response')) || '', '');
      });
    }
  });
}
