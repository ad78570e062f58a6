/** `grecaptcha`, versions 2 and 3. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { SITE, StandIn } from '../support/stand_in.js';
import { alike, dialogs } from './shared.js';

const FIELD = 'g-recaptcha-response';
const PASSES = '6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI';

describe('grecaptcha', () => {
  const at = new StandIn({
    name: 'reCAPTCHA',
    global: 'grecaptcha',
    path: '/recaptcha/api.js',
    dialect: 'recaptcha-v2',
    className: 'g-recaptcha',
  });
  alike(at, FIELD);
  dialogs(at, FIELD);

  at.shows('the enterprise script is the same', ['/recaptcha/enterprise.js', 'grecaptcha.enterprise'], async () => {
    const it = await at.open(at.form(at.element()), '', '/recaptcha/enterprise.js');
    await it.solve();
    const [token] = await at.hears('callback');
    assert.equal(await at.page.evaluate(() => /** @type {any} */ (window).grecaptcha.enterprise.getResponse()), token);
  });

  at.shows('tells when it is ready', ['grecaptcha.ready', '___grecaptcha_cfg.fns', '?render=onload'], async () => {
    at.site.script = `
      window.___grecaptcha_cfg = { fns: [tell('left')] };
      const asked = setInterval(() => {
        if (window.grecaptcha) clearInterval(asked), grecaptcha.ready(tell('ready'));
      }, 5);
    `;
    // Why: what is left must be there before the script is.
    at.site.script += `document.head.append(Object.assign(document.createElement('script'), { src: '${at.cattlegrid.url}/recaptcha/api.js?render=onload' }));`;
    await at.open(at.element(), 'render=explicit', '/widget/nothing.js');
    await at.hears('left');
    await at.hears('ready');
    await at.widget().reaches('ready');
  });

  at.shows('speaks the language of the address, or its own', ['?hl=', 'hl'], async () => {
    const it = await at.open(at.element() + at.element('data-hl="fr"'), 'hl=de');
    await it.host.getByText('Geben Sie die Zeichen ein').waitFor();
    await at.widget(1).host.getByText('Saisissez les caractères affichés').waitFor();
  });

  at.shows('takes attributes along only when it is told to', ['inherit'], async () => {
    const box = (/** @type {string} */ id) => `<div id="${id}" data-sitekey="${SITE}" data-theme="dark"></div>`;
    await at.rendered({}, '', box('box') + box('two'));
    await at.call('render', 'two', {}, true);
    await at.widget(1).reaches('ready');
    assert.equal(await at.widget(0).host.getAttribute('theme'), 'light');
    assert.equal(await at.widget(1).host.getAttribute('theme'), 'dark');
  });

  at.shows('executes what is seen by nobody', ['grecaptcha.execute(ID)', 'action'], async () => {
    await at.rendered({ size: 'invisible', action: 'login' });
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
    await at.promise('execute', 0);
    await at.answer();
    const [token] = await at.hears('callback');
    assert.deepEqual(await at.hears('kept'), [token]);
    assert.equal(await at.call('getResponse', 0), token);
    const verified = await at.cattlegrid.siteverify({ secret: 'the-secret-key-of-site', response: token });
    assert.equal(verified.action, 'login');
    await at.forget();
    await at.promise('execute', 0);
    await at.answer();
    assert.notEqual((await at.hears('callback'))[0], token, 'each call asks anew');
  });

  at.shows('version 3 asks at each call', ['grecaptcha.execute(SITE_KEY, {action})', '?render=SITE_KEY'], async () => {
    await at.open(at.form(), `render=${SITE}`);
    await at.page.waitForFunction(() => 'grecaptcha' in window);
    for (const action of ['home', 'login']) {
      await at.forget();
      await at.promise('execute', SITE, { action });
      await at.answer();
      const [token] = await at.hears('kept');
      assert.equal((await at.verify(token)).success, true);
      assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0, 'nothing is left of it');
    }
    await at.promise('execute', SITE, { action: 'home' });
    await at.dialog.waitFor();
    await at.page.keyboard.press('Escape');
    assert.deepEqual(await at.hears('broken'), ['the challenge is closed']);
  });

  at.shows('one of many is left out of what has no id', ['isolated'], async () => {
    await at.rendered({ isolated: true }, '', '<div id="box"></div><div id="two"></div>');
    await at.render({}, 'two');
    await at.widget(1).solve();
    const [token] = await at.hears('callback');
    assert.equal(await at.call('getResponse'), token);
    assert.equal(await at.call('getResponse', 0), '');
  });

  test('the fields have the ids that reCAPTCHA gives them', async () => {
    await at.open(at.form(at.element(), at.element()));
    await at.widget(1).reaches('ready');
    const ids = await at.page.locator('textarea').evaluateAll((all) => all.map(({ id }) => id));
    assert.deepEqual(ids, ['g-recaptcha-response', 'g-recaptcha-response-1']);
  });

  test('what is not there is said to be', async () => {
    await at.open('', 'render=explicit');
    await at.page.waitForFunction(() => 'grecaptcha' in window);
    await at.page.waitForLoadState('networkidle');
    await assert.rejects(() => at.call('getResponse'), /No reCAPTCHA clients exist/);
    await assert.rejects(() => at.call('reset', 5), /Invalid reCAPTCHA client id/);
  });

  test('with the key for tests nobody is asked', async () => {
    await at.open(`<form>${at.element('', 'button', PASSES)}</form>`);
    await at.page.waitForLoadState('networkidle');
    await at.page.getByRole('button', { name: 'Send' }).click();
    const [token] = await at.hears('callback');
    assert.equal(await at.dialog.count(), 0);
    assert.equal((await at.verify(token, '6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe')).success, true);
  });

  at.holdsTheDocument();
});
