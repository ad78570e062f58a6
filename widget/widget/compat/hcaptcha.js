/** @import { Failure, Params, Plan, Setup } from '../../types.js' */

import { isButton } from './captcha.js';
import { Captchas } from './captchas.js';
import { call, field, looks } from './shared.js';

/** @typedef {{ async?: boolean } | null} Options */

function code(/** @type {Failure} */ { status, retryable }) {
  if (!status) return 'network-error';
  if (status === 429) return 'rate-limited';
  return retryable ? 'challenge-error' : 'invalid-data';
}

/** What `hcaptcha` does, by https://docs.hcaptcha.com/configuration and `…/invisible`. */
export function start(/** @type {Setup} */ { id, hl, compat, alone }) {
  /** @returns {Plan} */
  function plan(/** @type {Element} */ container, /** @type {Params} */ params, /** @type {number} */ number) {
    const invisible = params.size === 'invisible' || isButton(container);
    const names = compat ? ['h-captcha-response', 'g-recaptcha-response'] : ['h-captcha-response'];
    return {
      ...looks(params, params.theme === 'dark' ? 'dark' : 'light', params.hl ?? hl),
      waits: invisible,
      dialog: invisible ? (captchas.element(params['challenge-container']) ?? document.body) : undefined,
      refresh: invisible ? { token: 'end', challenge: 'end' } : undefined,
      fields: names.map((name) => field('textarea', name, `${name}-${id(number)}`)),
      solved: (token) => call(params, 'callback', token),
      expired: (what) => call(params, what === 'token' ? 'expired-callback' : 'chalexpired-callback'),
      failed: (failure) => call(params, 'error-callback', code(failure)),
      opened: () => call(params, 'open-callback'),
      closed: () => call(params, 'close-callback'),
      reason: (why) => (typeof why === 'string' ? `challenge-${why}` : code(why)),
    };
  }

  const captchas = new Captchas({ name: 'hCaptcha', id, plan });
  function find(/** @type {unknown} */ which) {
    const captcha = captchas.find(which);
    if (!captcha) throw new Error(captchas.find(undefined) ? 'invalid-captcha-id' : 'missing-captcha');
    return captcha;
  }
  async function answer(/** @type {unknown} */ which) {
    const captcha = captchas.find(which);
    if (!captcha) throw captchas.find(undefined) ? 'invalid-captcha-id' : 'missing-captcha';
    return { response: await captcha.execute(), key: captcha.key };
  }

  return {
    watch: () =>
      captchas.watch(['.h-captcha', ...(alone ? ['.g-recaptcha'] : [])].map((it) => `${it}[data-sitekey]`).join()),
    methods: {
      render: (/** @type {unknown} */ where, /** @type {Params} */ params) => captchas.render(where, params),
      /** @type {(which?: unknown, options?: Options) => Promise<{ response: string, key: string }> | undefined} */
      execute(which, options) {
        if (which && typeof which === 'object') return this.execute(undefined, which);
        if (options?.async) return answer(which);
        find(which).execute();
      },
      reset: (/** @type {unknown} */ which) => find(which).reset(),
      remove: (/** @type {unknown} */ which) => captchas.remove(find(which)),
      close: (/** @type {unknown} */ which) => find(which).close(),
      getResponse: (/** @type {unknown} */ which) => find(which).token,
      getRespKey(/** @type {unknown} */ which) {
        const { token, key } = find(which);
        return token && key;
      },
      setData(/** @type {unknown} */ which) {
        find(typeof which === 'object' ? undefined : which);
      },
    },
  };
}
