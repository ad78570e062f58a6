/** What the widget is made of. */

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { LOCALES, pick } from '../../widget/widget/locales.js';

const WIDGET = new URL('../../widget/', import.meta.url);

/** @returns {Promise<Buffer[]>} every file of the widget that a page loads */
async function files() {
  const modules = (await readdir(new URL('widget/', WIDGET))).filter((name) => name.endsWith('.js'));
  return read(['widget.js', ...modules.map((name) => `widget/${name}`)]);
}

const read = (/** @type {string[]} */ names) => Promise.all(names.map((name) => readFile(new URL(name, WIDGET))));

const gzipped = (/** @type {Buffer[]} */ files) => files.reduce((sum, file) => sum + gzipSync(file).length, 0);

test('the whole widget is at most 12 kB, each file gzipped by itself', async () => {
  const total = gzipped(await files());
  assert.ok(total <= 12_000, `${total} bytes`);
});

const STANDS_IN = ['grecaptcha', 'hcaptcha', 'turnstile'];

for (const provider of STANDS_IN) {
  test(`${provider} is at most 6 kB more, each file gzipped by itself`, async () => {
    const names = (await readdir(new URL('widget/compat/', WIDGET))).filter(
      (name) => ![...STANDS_IN, '.'].filter((other) => other !== provider).some((other) => name.startsWith(other)),
    );
    const total = gzipped(await read(names.map((name) => `widget/compat/${name}`)));
    assert.ok(total <= 6_000, `${total} bytes`);
  });
}

test('the widget imports nothing but its own files', async () => {
  const compat = (await readdir(new URL('widget/compat/', WIDGET))).map((name) => `widget/compat/${name}`);
  for (const file of [...(await files()), ...(await read(compat))]) {
    for (const [, from] of file.toString().matchAll(/^import .*?'(.*?)'/gm))
      assert.match(from ?? '', /^\.{1,2}\/[\w./]+\.js$/);
  }
});

test('every language says everything', () => {
  const keys = Object.keys(LOCALES.en);
  assert.deepEqual(Object.keys(LOCALES), ['en', 'zh-Hans', 'es', 'de', 'fr', 'ja', 'ar']);
  for (const [locale, texts] of Object.entries(LOCALES)) {
    assert.deepEqual(Object.keys(texts), keys, locale);
    for (const [key, text] of Object.entries(texts)) assert.ok(text.trim(), `${locale}.${key} is empty`);
    if (locale !== 'en') assert.notDeepEqual(texts, LOCALES.en, locale);
  }
});

test('the button is quoted by the name that it has', () => {
  for (const [locale, { check, required }] of Object.entries(LOCALES)) assert.ok(required.includes(check), locale);
});

test('the first language that there is gets picked, whatever its region or script', () => {
  assert.equal(pick(['pt-BR', 'de-AT', 'fr']), 'de');
  assert.equal(pick(['zh-CN']), 'zh-Hans');
  assert.equal(pick(['AR-eg']), 'ar');
  assert.equal(pick([null, '', 'tlh']), 'en');
});
