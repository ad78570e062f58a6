/** @import { Dialect, Failure, Start } from '../../types.js' */

import { newCaptchas } from './core.js';

const code = (/** @type {Failure} */ { status, retryable }) =>
  !status ? 'network-error' : status === 429 ? 'rate-limited' : retryable ? 'challenge-error' : 'invalid-data';

// What `hcaptcha` does, by https://docs.hcaptcha.com/configuration and `…/invisible`.
/** @type {Start} */
export function start({ id, hl, compat, alone }) {
  /** @type {Dialect['plan']} */
  const plan = (params, number, call) => ({
    params,
    theme: params.theme === 'dark' ? 'dark' : 'light',
    locale: params.hl ?? hl,
    into: captchas.element(params['challenge-container']),
    ends: true,
    fields: ['h-captcha-response', ...(compat ? ['g-recaptcha-response'] : [])].map((it) => [
      it,
      `${it}-${id(number)}`,
    ]),
    opened: () => call('open-callback'),
    solved: (token) => call('callback', token),
    expired: (what) => call(what === 'token' ? 'expired-callback' : 'chalexpired-callback'),
    failed: (failure) => call('error-callback', code(failure)),
    closed: () => call('close-callback'),
    reason: (why) => (typeof why === 'string' ? `challenge-${why}` : code(why)),
  });

  const captchas = newCaptchas({ name: 'hCaptcha', id, plan });
  const find = (/** @type {unknown} */ which, isAsync = false) => {
    const captcha = captchas.find(which);
    if (captcha) return captcha;
    const code = captchas.find() ? 'invalid-captcha-id' : 'missing-captcha';
    throw isAsync ? code : new Error(code);
  };
  const answer = async (/** @type {unknown} */ which) => {
    const captcha = find(which, true);
    return { response: await captcha.execute(), key: captcha.key };
  };
  const isOptions = (/** @type {unknown} */ given) => given === Object(given);

  return {
    watch: () => captchas.watch('h-captcha', ...(alone ? ['g-recaptcha'] : [])),
    methods: {
      render: (where, params) => captchas.render(where, params),
      execute(which, options) {
        if (isOptions(which)) [which, options] = [undefined, which];
        if (options?.async) return answer(which);
        find(which).execute();
      },
      reset: (which) => find(which).reset(),
      remove: (which) => captchas.remove(find(which)),
      close: (which) => find(which).close(),
      getResponse: (which) => find(which).token,
      getRespKey: (which) => find(which).token && find(which).key,
      setData: (which) => void find(isOptions(which) ? undefined : which),
    },
  };
}
