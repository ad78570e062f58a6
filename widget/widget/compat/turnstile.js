/** @import { Dialect, Start } from '../../types.js' */

import { newCaptchas } from './core.js';

/** @type {Record<string, string>} */
const CODES = {
  'missing-sitekey': '110100',
  'unknown-site': '110100',
  'wrong-site': '110200',
  'test-key-blocks': '600010',
  network: '200500',
};

// What `turnstile` does, by https://developers.cloudflare.com/turnstile/get-started/client-side-rendering/.
/** @type {Start} */
export function start({ id }) {
  /** @type {Dialect['plan']} */
  const plan = (params, number, call) => {
    const { theme, language, execution, appearance, retry, 'retry-interval': interval = 8000 } = params;
    const { action = '', cData, cdata = cData ?? '' } = params;
    if (!/^[\w-]{0,32}$/.test(action)) throw new Error('Turnstile: invalid action');
    if (!/^[\w-]{0,255}$/.test(cdata)) throw new Error('Turnstile: invalid cData');
    const field = params['response-field-name'] ?? 'cf-turnstile-response';
    return {
      params,
      theme,
      locale: language === 'auto' ? null : language,
      waits: execution === 'execute',
      shy: appearance === 'interaction-only',
      retry: retry === 'never' ? 0 : Number(interval),
      refresh: { token: params['refresh-expired'], challenge: params['refresh-timeout'] },
      fields: `${params['response-field']}` === 'false' ? [] : [[field, `${id(number)}_response`, 'hidden']],
      opened: () => call('before-interactive-callback'),
      solved(token, asked) {
        if (asked) call('after-interactive-callback');
        call('callback', token);
      },
      expired: (what, token) => call(what === 'token' ? 'expired-callback' : 'timeout-callback', token),
      failed: ({ code }) => call('error-callback', CODES[code] ?? '300030'),
    };
  };
  const captchas = newCaptchas({ name: 'Turnstile', id, plan });
  const { find, render, watch } = captchas;

  return {
    watch: () => watch('cf-turnstile'),
    methods: {
      render: (where, params) => render(where, params),
      execute(which, params) {
        if (params && !find(which)) render(which, params);
        find(which)?.execute();
      },
      reset: (which) => find(which)?.reset(),
      remove(which) {
        const captcha = find(which);
        if (captcha) captchas.remove(captcha);
      },
      getResponse: (which) => find(which)?.token || undefined,
      isExpired: (which) => !!find(which)?.isExpired,
    },
  };
}
