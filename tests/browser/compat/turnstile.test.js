/** `turnstile`. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ELSEWHERE, SITE, StandIn } from '../support/stand_in.js';
import { alike } from './shared.js';

const FIELD = 'cf-turnstile-response';
const PASSES = '1x00000000000000000000AA';
const BLOCKS = '2x00000000000000000000AB';
const ASKS = '3x00000000000000000000FF';

describe('turnstile', () => {
  const at = new StandIn({
    name: 'Turnstile',
    global: 'turnstile',
    path: '/turnstile/v0/api.js',
    dialect: 'turnstile',
    className: 'cf-turnstile',
    callbacks: [
      'timeout-callback',
      'before-interactive-callback',
      'after-interactive-callback',
      'unsupported-callback',
    ],
  });
  alike(at, FIELD);

  at.shows('tells when it is ready', ['turnstile.ready'], async () => {
    at.site.script = `
      const asked = setInterval(() => {
        if (window.turnstile) clearInterval(asked), turnstile.ready(tell('ready'));
      }, 5);
    `;
    await at.open();
    await at.hears('ready');
  });

  at.shows('sends the page’s own words along', ['action', 'cData'], async () => {
    const it = await at.open(at.form(at.element('data-action="login" data-cdata="visitor-7"')));
    await it.solve();
    const [token] = await at.hears('callback');
    const { success, action, cdata } = await at.verify(token);
    assert.deepEqual({ success, action, cdata }, { success: true, action: 'login', cdata: 'visitor-7' });
    await at.rendered({ cData: 'visitor-8' });
    await it.solve();
    assert.equal((await at.verify((await at.hears('callback'))[0])).cdata, 'visitor-8');
  });

  at.shows('words that are not allowed are errors', ['110420', '110430'], async () => {
    await at.rendered();
    await assert.rejects(() => at.render({ action: 'log in' }), /invalid action/);
    await assert.rejects(() => at.render({ action: 'a'.repeat(33) }), /invalid action/);
    await assert.rejects(() => at.render({ cData: 'a b' }), /invalid cData/);
    await assert.rejects(() => at.render({ cData: 'a'.repeat(256) }), /invalid cData/);
  });

  at.shows('speaks a language', ['language'], async () => {
    const it = await at.open(at.element('data-language="de-DE"') + at.element('data-language="auto"'));
    await it.host.getByText('Geben Sie die Zeichen ein').waitFor();
    await at.widget(1).host.getByText('Type the characters you see').waitFor();
  });

  test('is as wide as its place', async () => {
    const it = await at.open(at.element('data-size="flexible"'));
    await it.reaches('ready');
    const [widget, place] = await Promise.all([it.host.boundingBox(), at.page.locator('.cf-turnstile').boundingBox()]);
    assert.equal(widget?.width, place?.width);
  });

  at.shows('begins when it is told to', ['execution', 'turnstile.execute'], async () => {
    await at.rendered({ execution: 'execute' });
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
    await at.call('execute', '#box');
    await at.widget().solve();
    const [token] = await at.hears('callback');
    assert.equal(await at.call('getResponse', '#box'), token);
    await at.call('reset', '#box');
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
    await at.call('execute', 'cf-chl-widget-0');
    await at.widget().reaches('ready');
    await at.call('remove');
    await at.call('execute', '#box', { sitekey: SITE });
    await at.widget().reaches('ready');
  });

  at.shows(
    'tells when somebody must answer, and is seen only then if that is wanted',
    ['appearance', 'before-interactive-callback', 'after-interactive-callback'],
    async () => {
      let it = await at.rendered({ appearance: 'interaction-only', sitekey: PASSES });
      await at.hears('callback');
      assert.equal(await it.host.isVisible(), false);
      assert.deepEqual(await at.heard(), ['onload', 'callback']);

      it = await at.rendered({ appearance: 'interaction-only', sitekey: ASKS });
      await at.hears('before-interactive-callback');
      await it.solve();
      assert.deepEqual(await at.heard(), [
        'onload',
        'before-interactive-callback',
        'after-interactive-callback',
        'callback',
      ]);
      assert.deepEqual(await at.hears('callback'), ['XXXX.DUMMY.TOKEN.XXXX']);

      it = await at.rendered({ appearance: 'execute', execution: 'execute' });
      assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
      await at.call('execute', '#box');
      await it.reaches('ready');
    },
  );

  at.shows('is removed', ['turnstile.remove'], async () => {
    const it = await at.rendered();
    await it.reaches('ready');
    await at.call('remove', '#box');
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
    assert.deepEqual(await at.fields(), {});
    assert.equal(await at.call('getResponse', '#box'), undefined);

    await at.open(at.form(at.element('id="box"')));
    await it.reaches('ready');
    await at.call('remove', '#box');
    await at.page.evaluate(() => document.body.append('something else'));
    await at.page.waitForLoadState('networkidle');
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0, 'it does not come back');
  });

  at.shows('a token that expired is known to be', ['turnstile.isExpired', 'refresh-expired'], async () => {
    await at.page.clock.install();
    const it = await at.rendered();
    await it.solve();
    const [token] = await at.hears('callback');
    assert.equal(await at.call('isExpired', '#box'), false);
    await at.page.clock.fastForward('05:00');
    assert.deepEqual(await at.hears('expired-callback'), [token]);
    assert.equal(await at.call('isExpired', '#box'), true);
    await it.solve();
    assert.equal(await at.call('isExpired', '#box'), false);

    await at.rendered({ 'refresh-expired': 'manual' });
    await it.solve();
    await at.page.clock.fastForward('05:00');
    await it.reaches('failed');
    await it.retry.click();
    await it.solve();

    await at.rendered({ 'refresh-expired': 'never' });
    await it.solve();
    await at.page.clock.fastForward('05:00');
    await it.reaches('failed');
    assert.equal(await it.retry.isDisabled(), true);
    await at.call('reset', '#box');
    await it.solve();
  });

  at.shows('so is a picture that nobody answered', ['timeout-callback', 'refresh-timeout'], async () => {
    await at.page.clock.install();
    const it = await at.rendered();
    const first = await it.key();
    await at.page.clock.fastForward('05:01');
    await at.hears('timeout-callback');
    assert.notEqual(await it.key(), first);
    assert.equal(await at.call('isExpired'), false);

    await at.rendered({ 'refresh-timeout': 'manual' });
    await it.reaches('ready');
    await at.page.clock.fastForward('05:01');
    await it.reaches('failed');
    await it.retry.click();
    await it.solve();
  });

  at.shows('tries again by itself', ['retry', 'retry-interval', '200500'], async () => {
    await at.page.clock.install();
    let asked = 0;
    await at.page.route('**/api/v1/challenges', (route) => (asked++, route.abort()));
    const it = await at.rendered({ 'retry-interval': 20_000 });
    const fails = async (/** @type {number} */ times) => {
      for (let waited = 0; waited < 3; waited++) await at.page.clock.runFor(2000);
      assert.deepEqual(await at.hears('error-callback', times), ['200500']);
    };
    await fails(1);
    const before = asked;
    await at.page.clock.runFor(10_000);
    assert.equal(asked, before);
    await at.page.clock.runFor(10_000);
    await fails(2);
    assert.ok(asked > before);
    await at.page.unrouteAll();
    await at.page.clock.runFor(20_000);
    await it.solve();

    asked = 0;
    await at.page.route('**/api/v1/challenges', (route) => (asked++, route.abort()));
    await at.rendered({ retry: 'never' });
    await fails(1);
    const last = asked;
    await at.page.clock.runFor(60_000);
    assert.equal(asked, last);
  });

  at.shows('its field has another name, or is not there', ['response-field', 'response-field-name'], async () => {
    const it = await at.open(at.form(at.element('data-response-field-name="token"')));
    await it.solve();
    const [token] = await at.hears('callback');
    assert.deepEqual(await at.fields(), { a: '1', token });
    await at.open(at.form(at.element('data-response-field="false"')));
    await it.solve();
    assert.deepEqual(await at.fields(), { a: '1' });
    await at.rendered({ 'response-field': false });
    await it.solve();
    assert.deepEqual(await at.fields(), {});
  });

  at.shows('a browser that cannot run it is told so', ['unsupported-callback'], async () => {
    await at.page.addInitScript(() => Reflect.deleteProperty(CSSStyleSheet.prototype, 'replaceSync'));
    await at.open(at.element());
    await at.hears('unsupported-callback');
    at.complaints = [];
  });

  at.shows('names what is wrong as Turnstile does', ['110100', '110200', '300***', '600***'], async () => {
    for (const [sitekey, code] of [
      ['nobody', '110100'],
      [ELSEWHERE, '110200'],
      [BLOCKS, '600010'],
    ]) {
      await at.rendered({ sitekey });
      assert.deepEqual(await at.hears('error-callback'), [code]);
    }
    const headers = {
      'access-control-allow-origin': '*',
      'access-control-expose-headers': 'retry-after',
      'retry-after': '60',
    };
    await at.page.route('**/api/v1/challenges', (route) =>
      route.fulfill({ status: 503, headers, body: '{"code":"overloaded"}' }),
    );
    await at.rendered();
    assert.deepEqual(await at.hears('error-callback'), ['300030']);
  });

  test('with the key for tests nobody is asked', async () => {
    const it = await at.open(at.form(at.element('', 'div', PASSES)));
    await it.reaches('solved');
    assert.deepEqual(await at.hears('callback'), ['XXXX.DUMMY.TOKEN.XXXX']);
    assert.equal((await at.fields())[FIELD], 'XXXX.DUMMY.TOKEN.XXXX');
  });

  at.holdsTheDocument();
});
