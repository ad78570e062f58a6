/** `hcaptcha`. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { ELSEWHERE, SITE, StandIn } from '../support/stand_in.js';
import { alike, dialogs } from './shared.js';

const FIELD = 'h-captcha-response';
const TEST_KEY = '10000000-ffff-ffff-ffff-000000000001';

describe('hcaptcha', () => {
  const at = new StandIn({
    name: 'hCaptcha',
    global: 'hcaptcha',
    path: '/1/api.js',
    dialect: 'hcaptcha',
    className: 'h-captcha',
    callbacks: ['chalexpired-callback', 'open-callback', 'close-callback'],
  });
  alike(at, FIELD);
  dialogs(at, FIELD);

  at.shows('the script for enterprises is the same', ['/1/secure-api.js', '?render=onload'], async () => {
    const it = await at.open(at.form(at.element()), 'render=onload', '/1/secure-api.js');
    await it.solve();
    await at.hears('callback');
  });

  at.shows(
    'stands in for reCAPTCHA too, unless it is told not to',
    ['?recaptchacompat=', 'g-recaptcha-response'],
    async () => {
      const old = `<div class="g-recaptcha" data-sitekey="${SITE}" data-callback="on callback"></div>`;
      const it = await at.open(at.form(old));
      await it.solve();
      const [token] = await at.hears('callback');
      assert.deepEqual(await at.fields(), { a: '1', 'h-captcha-response': token, 'g-recaptcha-response': token });
      assert.equal(await at.page.evaluate(() => /** @type {any} */ (window).grecaptcha.getResponse()), token);

      await at.open(at.form(old, at.element()), 'recaptchacompat=off');
      await it.solve();
      assert.equal(await at.page.evaluate(() => 'grecaptcha' in window), false);
      assert.deepEqual(Object.keys(await at.fields()), ['a', 'h-captcha-response']);
    },
  );

  test('leaves another grecaptcha alone', async () => {
    at.site.script = `window.grecaptcha = { own: true };`;
    await at.open('', '', '/widget/nothing.js');
    await at.page.evaluate((src) => {
      document.head.append(Object.assign(document.createElement('script'), { src }));
    }, `${at.cattlegrid.url}/1/api.js`);
    await at.page.waitForFunction(() => 'hcaptcha' in window);
    assert.deepEqual(await at.page.evaluate(() => /** @type {any} */ (window).grecaptcha), { own: true });
  });

  at.shows('speaks the language of the address, or its own', ['?hl=', 'hl'], async () => {
    const it = await at.open(at.element() + at.element('data-hl="fr"'), 'hl=de');
    await it.host.getByText('Geben Sie die Zeichen ein').waitFor();
    await at.widget(1).host.getByText('Saisissez les caractères affichés').waitFor();
  });

  at.shows(
    'executes what is seen by nobody, and tells the page when the dialog opens and closes',
    ['hcaptcha.execute(ID)', 'open-callback', 'close-callback', 'hcaptcha.close', 'challenge-container'],
    async () => {
      await at.rendered(
        { size: 'invisible', 'challenge-container': '#place' },
        '',
        '<div id="box"></div><div id="place"></div>',
      );
      await at.call('execute');
      await at.hears('open-callback');
      await at.dialog.waitFor();
      assert.equal(await at.page.locator('#place cattlegrid-captcha').count(), 1);
      await at.call('close');
      await at.hears('close-callback');
      await at.dialogIsGone();
      await at.call('execute');
      await at.hears('open-callback', 2);
      await at.answer();
      await at.hears('callback');
      assert.equal(
        (await at.heard()).filter((name) => name === 'close-callback').length,
        1,
        'an answer closes nothing',
      );
    },
  );

  at.shows(
    'promises a token and its key',
    ['hcaptcha.execute(ID, {async})', 'hcaptcha.getRespKey', 'challenge-closed'],
    async () => {
      await at.rendered({ size: 'invisible' });
      const id = 'h-captcha-0';
      await at.promise('execute', id, { async: true });
      const key = await at.widget().key();
      await at.answer();
      const [token] = await at.hears('callback');
      assert.deepEqual(await at.hears('kept'), [{ response: token, key }]);
      assert.equal(await at.call('getRespKey', id), key);

      await at.promise('execute', { async: true });
      await at.dialog.waitFor();
      await at.page.keyboard.press('Escape');
      assert.deepEqual(await at.hears('broken'), ['challenge-closed']);
      assert.equal(await at.call('getRespKey'), '');
    },
  );

  test('execute moves the focus to what is seen', async () => {
    const it = await at.rendered();
    await it.reaches('ready');
    await at.promise('execute', { async: true });
    assert.equal(await at.focused(), 'field');
    await it.solve();
    const [token] = await at.hears('callback');
    assert.equal((await at.hears('kept'))[0].response, token);
    assert.ok((await at.heard()).includes('open-callback'));
  });

  at.shows('a challenge that nobody answers expires', ['chalexpired-callback', 'challenge-expired'], async () => {
    await at.page.clock.install();
    await at.rendered({ size: 'invisible' });
    await at.promise('execute', { async: true });
    await at.dialog.waitFor();
    await at.page.clock.fastForward('05:01');
    await at.hears('chalexpired-callback');
    assert.deepEqual(await at.hears('broken'), ['challenge-expired']);
    assert.equal(await at.dialog.count(), 0);

    const it = await at.rendered();
    const first = await it.key();
    await at.page.clock.fastForward('05:01');
    await at.hears('chalexpired-callback');
    assert.notEqual(await it.key(), first, 'one that is seen has another picture');
  });

  at.shows('is removed', ['hcaptcha.remove'], async () => {
    const it = await at.rendered();
    await it.reaches('ready');
    await at.call('remove', 'h-captcha-0');
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
    assert.deepEqual(await at.fields(), {});
    await at.render();
    await it.solve();
  });

  at.shows(
    'names what is wrong as hCaptcha does',
    ['network-error', 'rate-limited', 'invalid-data', 'challenge-error', 'missing-captcha', 'invalid-captcha-id'],
    async () => {
      await at.open('', 'render=explicit');
      await at.page.waitForFunction(() => 'hcaptcha' in window);
      await at.page.waitForLoadState('networkidle');
      await assert.rejects(() => at.call('getResponse'), /missing-captcha/);
      await at.promise('execute', { async: true });
      assert.deepEqual(await at.hears('broken'), ['missing-captcha']);

      await at.rendered({ size: 'invisible' });
      await assert.rejects(() => at.call('reset', 'nobody'), /invalid-captcha-id/);
      await at.promise('execute', 'nobody', { async: true });
      assert.deepEqual(await at.hears('broken'), ['invalid-captcha-id']);

      /** @type {[string, { status: number, body: string }?][]} */
      const replies = [
        ['rate-limited', { status: 429, body: '{"code":"too-many-requests"}' }],
        ['challenge-error', { status: 503, body: '{"code":"overloaded"}' }],
        ['network-error'],
      ];
      const headers = {
        'access-control-allow-origin': '*',
        'access-control-expose-headers': 'retry-after',
        'retry-after': '60',
      };
      for (const [code, reply] of replies) {
        await at.page.unrouteAll();
        await at.page.route('**/api/v1/challenges', (route) =>
          reply ? route.fulfill({ headers, ...reply }) : route.abort(),
        );
        await at.rendered({ size: 'invisible' });
        await at.promise('execute', { async: true });
        assert.deepEqual(await at.hears('error-callback'), [code]);
        assert.deepEqual(await at.hears('broken'), [code]);
        assert.equal(await at.dialog.count(), 0);
      }
      await at.page.unrouteAll();
      for (const sitekey of ['nobody', ELSEWHERE]) {
        await at.rendered({ sitekey });
        assert.deepEqual(await at.hears('error-callback'), ['invalid-data']);
      }
    },
  );

  test('what setData is given goes nowhere', async () => {
    await at.rendered();
    await at.call('setData', { rqdata: 'data' });
    await at.call('setData', 'h-captcha-0', { rqdata: 'data' });
    await assert.rejects(() => at.call('setData', 'nobody', {}), /invalid-captcha-id/);
  });

  test('with the key for tests nobody is asked', async () => {
    await at.rendered({ sitekey: TEST_KEY, size: 'invisible' });
    await at.promise('execute', { async: true });
    const [{ response }] = await at.hears('kept');
    assert.equal(response, '10000000-aaaa-bbbb-cccc-000000000001');
    assert.equal(await at.dialog.count(), 0);
    assert.ok(!(await at.heard()).includes('open-callback'));
    assert.equal((await at.verify(response, `0x${'0'.repeat(40)}`)).success, true);
  });

  at.holdsTheDocument();
});
