/** What every provider's script does alike. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { axeFindsNothing, screenshot } from '../support/browser.js';
import { ELSEWHERE, HASTY, SITE } from '../support/stand_in.js';

/** @import { StandIn } from '../support/stand_in.js' */

/**
 * @param {StandIn} at
 * @param {string} field the form's, with the token
 */
export function alike(at, field) {
  const { className, global } = at;

  at.shows(
    'renders by its class, and the token is sent with the form and passes once',
    [at.path, `class="${className}"`, 'sitekey', 'callback', field],
    async () => {
      const it = await at.open(at.form(at.element()));
      await it.reaches('ready');
      assert.equal(await at.page.evaluate(() => document.forms[0]?.checkValidity()), true, 'the form is left alone');
      await it.solve();
      const [token] = await at.hears('callback');
      await screenshot(at.page, `compat-${global}`);
      const sent = await at.send();
      assert.equal(sent[field], token);
      assert.equal(sent['cattlegrid-response'], undefined);
      assert.equal((await at.verify(token)).success, true);
      assert.equal((await at.verify(token)).success, false);
    },
  );

  test('renders elements that the page adds later', async () => {
    const it = await at.open(at.form());
    await at.page.waitForFunction((global) => global in window, global);
    await at.page.waitForLoadState('networkidle');
    await at.page.evaluate(
      (html) => document.forms[0]?.insertAdjacentHTML('beforeend', `<p>${html}</p>`),
      at.element(),
    );
    await it.solve();
    await at.hears('callback');
    assert.ok((await at.fields())[field]);
  });

  test('several on a page do not know of each other', async () => {
    await at.open(at.form(at.element('id="one"')) + at.form(at.element('id="two"')));
    await at.widget(1).solve();
    const [token] = await at.hears('callback');
    assert.equal((await at.fields(0))[field], '');
    assert.equal((await at.fields(1))[field], token);
    await at.widget(0).solve();
    assert.notEqual((await at.hears('callback', 2))[0], token);
    assert.equal((await at.fields(1))[field], token);
  });

  at.shows(
    'calls the page when it is there, and waits until it renders',
    ['?onload=', '?render=explicit', `${global}.render`],
    async () => {
      at.site.script = `window.loaded = tell('onload')`;
      await at.open(at.form(at.element()), 'onload=loaded&render=explicit');
      await at.hears('onload');
      assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
      const it = await at.rendered();
      await it.solve();
      const [token] = await at.hears('callback');
      assert.equal((await at.fields())[field], token);
    },
  );

  test('renders what a script asked for before its modules were there', async () => {
    await at.page.route(`**/widget/compat/${global}.js`, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      await route.continue();
    });
    at.site.script = `
      const asked = setInterval(() => {
        if (!window.${global}) return;
        clearInterval(asked);
        const params = { sitekey: '${SITE}', callback: tell('callback') };
        window.ids = [document.querySelector('#one'), document.querySelector('#two')].map((box) => ${global}.render(box, params));
      }, 5);
    `;
    const it = await at.open(`<div id="one"></div><div id="two"></div>`, 'render=explicit');
    await it.reaches('ready');
    await at.widget(1).solve();
    const [token] = await at.hears('callback');
    const [one, two] = await at.page.evaluate(() => /** @type {any} */ (window).ids);
    assert.equal(await at.call('getResponse', two), token);
    assert.ok(!(await at.call('getResponse', one)));
  });

  test('what is rendered again in the same element takes its place', async () => {
    await at.open(at.element('id="box"'));
    await at.widget().reaches('ready');
    await at.render();
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 1);
    await at.widget().solve();
    await at.hears('callback');
    assert.equal(await at.page.locator(`[name=${field}]`).count(), 1);
    assert.deepEqual(await at.heard().then((all) => all.filter((name) => name === 'callback')), ['callback']);
  });

  at.shows(
    'gives its token to whoever asks, until it is reset',
    [`${global}.getResponse`, `${global}.reset`],
    async () => {
      const it = await at.rendered();
      await it.reaches('ready');
      assert.ok(!(await at.call('getResponse')));
      await it.solve();
      const [token] = await at.hears('callback');
      assert.equal(await at.call('getResponse'), token);
      await at.page.evaluate(() => document.forms[0]?.reset());
      assert.equal((await at.fields())[field], token, 'a form that is reset keeps a token that is still good');
      await at.call('reset');
      assert.ok(!(await at.call('getResponse')));
      assert.equal((await at.fields())[field], '');
      await it.solve();
      assert.notEqual((await at.hears('callback', 2))[0], token);
    },
  );

  test('a wrong answer brings another picture', async () => {
    const it = await at.rendered();
    const first = await it.key();
    await it.field.fill('wrong');
    await it.check.click();
    await it.status.getByText('That was not it').waitFor();
    assert.notEqual(await it.key(), first);
    assert.ok(!(await at.call('getResponse')));
    await it.solve();
  });

  test('an answer that is only typed is judged when the form is sent', async () => {
    at.site.script = `addEventListener('submit', () => localStorage.setItem('sent', Number(localStorage.getItem('sent')) + 1));`;
    const it = await at.open(at.form(at.element()));
    await it.field.fill(await it.answer());
    const sent = await at.send();
    assert.ok(sent[field]);
    assert.equal((await at.verify(sent[field])).success, true);
    assert.equal(
      await at.page.evaluate(() => localStorage.getItem('sent')),
      '1',
      "the page's own listeners hear it once",
    );
  });

  test('a form with nothing typed is sent without a token, as the page wants it', async () => {
    const it = await at.open(at.form(at.element()));
    await it.reaches('ready');
    assert.equal((await at.send())[field], '');
  });

  at.shows('the token expires', ['expired-callback'], async () => {
    await at.page.clock.install();
    const it = await at.open(at.form(at.element()));
    await it.solve();
    await at.page.clock.fastForward('05:00');
    await at.hears('expired-callback');
    assert.equal((await at.fields())[field], '');
    assert.ok(!(await at.call('getResponse')));
    await it.solve();
    await at.hears('callback', 2);
  });

  test('a token that expired does not pass', async () => {
    const it = await at.open(at.form(at.element('', 'div', HASTY)));
    await it.solve();
    const [token] = await at.hears('callback');
    await at.hears('expired-callback');
    assert.equal((await at.fields())[field], '');
    await at.page.waitForTimeout(1000);
    assert.equal((await at.verify(token, `the-secret-key-of-${HASTY}`)).success, false);
  });

  test("a token of another site's does not pass", async () => {
    const it = await at.open(at.form(at.element()));
    await it.solve();
    const [token] = await at.hears('callback');
    assert.equal((await at.verify(token, `the-secret-key-of-${ELSEWHERE}`)).success, false);
  });

  at.shows('looks as it is told to', ['theme', 'size', 'tabindex'], async () => {
    const it = await at.open(at.element('data-theme="dark" data-size="compact" data-tabindex="7"'));
    await it.reaches('ready');
    assert.equal(await it.host.evaluate((host) => getComputedStyle(host).colorScheme), 'dark');
    assert.equal(await it.host.getAttribute('tabindex'), '7');
    const compact = await it.host.boundingBox();
    await at.open(at.element('data-theme="light"'));
    await it.reaches('ready');
    assert.equal(await it.host.evaluate((host) => getComputedStyle(host).colorScheme), 'light');
    const normal = await it.host.boundingBox();
    assert.deepEqual([compact?.width, normal?.width], [164, 300]);
  });

  test('has room where the page made some for what was there before', async () => {
    at.site.script = `Object.assign(document.querySelector('#box').style, { width: '300px', height: '65px' });`;
    const it = await at.open(`${at.element('id="box"')}<p>Below</p>`);
    await it.reaches('ready');
    const [widget, below] = await Promise.all([it.host.boundingBox(), at.page.getByText('Below').boundingBox()]);
    assert.ok(widget && below && widget.y + widget.height <= below.y);
  });

  at.shows('says what is wrong', ['error-callback'], async () => {
    await at.open(at.element('', 'div', 'nobody'));
    await at.hears('error-callback');
    await at.open(at.element('', 'div', ELSEWHERE));
    await at.hears('error-callback');
    await at.page.route('**/api/v1/challenges', (route) => route.abort());
    await at.open(at.element());
    await at.hears('error-callback');
  });

  test('parameters that are not there are errors', async () => {
    await at.rendered();
    await assert.rejects(() => at.render({}, 'nowhere'), /there is no element nowhere/);
    await assert.rejects(() => at.render({ sitekey: undefined }), /"sitekey" is missing/);
  });

  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`can be used by everybody, on a small screen too: ${colorScheme}`, async () => {
      await at.as({ colorScheme, viewport: { width: 320, height: 640 }, deviceScaleFactor: 2 });
      const theme = `data-theme="${colorScheme}"`;
      const body = at.element(theme) + at.element(`${theme} data-size="compact"`);
      await at.open(colorScheme === 'dark' ? `<div class="night">${body}</div>` : body);
      await at.widget(0).reaches('ready');
      await at.widget(1).reaches('ready');
      await screenshot(at.page, `compat-${global}-${colorScheme}`);
      await axeFindsNothing(at.page);
      const [content, window] = await at.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(Number(content) <= Number(window), `${content} pixels of content in a window of ${window}`);
    });
  }
}

/**
 * What those do alike that may be bound to a button, and be seen by nobody.
 *
 * @param {StandIn} at
 * @param {string} field
 */
export function dialogs(at, field) {
  const { className, global } = at;

  at.shows('is bound to a button', [`<button class="${className}">`], async () => {
    await at.open(`<form method="post">${at.element('', 'button')}</form>`);
    await at.page.waitForLoadState('networkidle');
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
    await at.page.getByRole('button', { name: 'Send' }).click();
    await at.dialog.waitFor();
    assert.equal(await at.focused(), 'field');
    await axeFindsNothing(at.page);
    await at.answer();
    const [token] = await at.hears('callback');
    assert.equal(await at.focused(), className, 'the focus is back');
    assert.equal(await at.dialog.count(), 0);
    assert.equal((await at.fields())[field], token);
    assert.equal((await at.verify(token)).success, true);
  });

  test('who has pressed a button is told when it cannot be done, unless the page wants to', async () => {
    await at.page.route('**/api/v1/challenges', (route) => route.abort());
    const button = `<button class="${className}" data-sitekey="${SITE}" data-callback="on callback">Send</button>`;
    await at.open(`<form method="post">${button}</form>`);
    await at.page.waitForLoadState('networkidle');
    await at.page.getByRole('button', { name: 'Send' }).click();
    await at.widget().status.getByText('No connection to the server.').waitFor();
    await axeFindsNothing(at.page);
    await at.page.unroute('**/api/v1/challenges');
    await at.widget().retry.click();
    await at.answer();
    await at.hears('callback');

    await at.page.route('**/api/v1/challenges', (route) => route.abort());
    await at.open(`<form method="post">${at.element('', 'button')}</form>`);
    await at.page.waitForLoadState('networkidle');
    await at.page.getByRole('button', { name: 'Send' }).click();
    await at.hears('error-callback');
    assert.equal(await at.dialog.count(), 0);
  });

  test('a dialog can be closed, and opened again', async () => {
    await at.rendered({ size: 'invisible' });
    await at.execute();
    await at.dialog.waitFor();
    await at.page.keyboard.press('Escape');
    await at.dialogIsGone();
    await at.execute();
    await at.dialog.waitFor();
    await at.dialog.getByRole('button', { name: 'Close' }).click();
    await at.dialogIsGone();
    await at.execute();
    await at.answer();
    await at.hears('callback');
    assert.ok((await at.fields())[field]);
  });

  test('a wrong answer brings another picture in the dialog', async () => {
    await at.rendered({ size: 'invisible' });
    await at.execute();
    const it = at.widget();
    const first = await it.key();
    await it.field.fill('wrong');
    await it.field.press('Enter');
    await it.status.getByText('That was not it').waitFor();
    assert.notEqual(await it.key(), first);
    await at.answer();
    await at.hears('callback');
  });

  test('a dialog whose token expired is gone, and opens when it is asked for', async () => {
    await at.page.clock.install();
    await at.rendered({ size: 'invisible' });
    await at.execute();
    await at.answer();
    const [token] = await at.hears('callback');
    await at.page.clock.fastForward('05:00');
    await at.hears('expired-callback');
    assert.equal((await at.fields())[field], '');
    assert.equal(await at.page.locator('cattlegrid-captcha').count(), 0);
    await at.execute();
    await at.answer();
    assert.notEqual((await at.hears('callback', 2))[0], token);
  });

  for (const [theme, hl] of [
    ['light', 'en'],
    ['dark', 'ar'],
  ]) {
    test(`the dialog can be used by everybody: ${theme}, ${hl}`, async () => {
      await at.as({ viewport: { width: 320, height: 640 }, deviceScaleFactor: 2 });
      await at.rendered({ size: 'invisible', theme, hl });
      await at.execute();
      await at.dialog.waitFor();
      await screenshot(at.page, `compat-${global}-dialog-${theme}`);
      await axeFindsNothing(at.page);
      for (const key of ['Tab', 'Tab', 'Tab', 'Tab']) {
        await at.page.keyboard.press(key);
        assert.notEqual(await at.focused(), className);
      }
      for (const target of await at.dialog.getByRole('button').all()) {
        const box = await target.boundingBox();
        if (box) assert.ok(box.width >= 44 && box.height >= 44, JSON.stringify(box));
      }
    });
  }
}
