/** docs/compatibility.md has a row for all that the providers' types name. */

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const DOCUMENT = await readFile(new URL('../../../docs/compatibility.md', import.meta.url), 'utf8');

/** What is in each of the types, by the file that declares it. */
const TYPES = {
  reCAPTCHA: ['@types/grecaptcha/index.d.ts', 'interface ReCaptcha', 'interface Parameters'],
  hCaptcha: [
    '@hcaptcha/types/index.d.ts',
    'type HCaptcha',
    'type ConfigRender',
    'type ConfigExecute',
    'type ConfigSetData',
    'enum HCaptchaErrorCallback',
    'enum HCaptchaErrorAsync',
  ],
  Turnstile: ['@marsidev/react-turnstile/dist/index.d.ts', 'interface Turnstile$1', 'interface RenderParameters'],
};

for (const [provider, [file, ...declarations]] of Object.entries(TYPES)) {
  test(`every name in ${file} is in the table of ${provider}`, async () => {
    const types = await readFile(new URL(`../node_modules/${file}`, import.meta.url), 'utf8');
    const [, section = ''] = DOCUMENT.split(`\n## ${provider}\n`);
    const [table = ''] = section.split('\n## ');
    for (const declaration of declarations) {
      const [, rest = ''] = types.split(new RegExp(`${declaration.replace('$', '\\$')}\\b[^\\n]*\\{\\n`));
      const [body = ''] = rest.split(/\n\s*\};?\n/);
      const code = body.replace(/\/\*.*?\*\//gs, '').replace(/\/\/.*/g, '');
      const names = declaration.startsWith('enum')
        ? [...code.matchAll(/"([\w-]+)"/g)]
        : [...code.matchAll(/^\s+"?([\w-]+)"?\??\s*[(:]/gm)];
      assert.ok(names.length > 0, declaration);
      for (const [, name] of names) assert.match(table, new RegExp(`[\`{.]${name}[\`}(]`), `${declaration}: ${name}`);
    }
  });
}
