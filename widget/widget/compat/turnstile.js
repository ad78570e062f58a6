/** @import { Failure, Params, Plan, Setup } from '../../types.js' */

import { Captchas } from './captchas.js';
import { call, field, looks } from './shared.js';

// How long until the next attempt, in milliseconds.
const RETRY = 8000;

/** @type {Record<string, string>} */
const CODES = {
  'missing-sitekey': '110100',
  'unknown-site': '110100',
  'wrong-site': '110200',
  'test-key-blocks': '600010',
  network: '200500',
};

function code(/** @type {Failure} */ failure) {
  return CODES[failure.code] ?? '300030';
}

/** What `turnstile` does, by https://developers.cloudflare.com/turnstile/get-started/client-side-rendering/. */
export function start(/** @type {Setup} */ { id }) {
  /** @returns {Plan} */
  function plan(/** @type {Element} */ _, /** @type {Params} */ params, /** @type {number} */ number) {
    const is = (/** @type {string} */ name, /** @type {string} */ value) => `${params[name]}` === value;
    const { attributes, styles } = looks(params, params.theme, is('language', 'auto') ? null : params.language);
    return {
      attributes: { ...attributes, cdata: params.cData ?? params.cdata },
      styles,
      waits: is('execution', 'execute'),
      shy: is('appearance', 'interaction-only'),
      retry: is('retry', 'never') ? 0 : Number(params['retry-interval']) || RETRY,
      refresh: { token: params['refresh-expired'] ?? 'auto', challenge: params['refresh-timeout'] ?? 'auto' },
      fields: is('response-field', 'false')
        ? []
        : [field('input', params['response-field-name'] ?? 'cf-turnstile-response', `${id(number)}_response`)],
      solved(token, shown) {
        if (shown) call(params, 'after-interactive-callback');
        call(params, 'callback', token);
      },
      expired: (what, token) => call(params, what === 'token' ? 'expired-callback' : 'timeout-callback', token),
      failed: (failure) => call(params, 'error-callback', code(failure)),
      opened: () => call(params, 'before-interactive-callback'),
    };
  }

  const captchas = new Captchas({ name: 'Turnstile', id, plan });
  const find = (/** @type {unknown} */ which) => captchas.find(which);

  return {
    watch: () => captchas.watch('.cf-turnstile[data-sitekey]'),
    methods: {
      render: (/** @type {unknown} */ where, /** @type {Params} */ params) => captchas.render(where, params),
      execute(/** @type {unknown} */ which, /** @type {Params | undefined} */ params) {
        if (!find(which) && params) captchas.render(which, params);
        find(which)?.execute();
      },
      reset: (/** @type {unknown} */ which) => find(which)?.reset(),
      remove(/** @type {unknown} */ which) {
        const captcha = find(which);
        if (captcha) captchas.remove(captcha);
      },
      getResponse: (/** @type {unknown} */ which) => find(which)?.token || undefined,
      isExpired: (/** @type {unknown} */ which) => !!find(which)?.isExpired,
    },
  };
}
