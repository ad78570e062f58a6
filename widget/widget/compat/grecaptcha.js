/** @import { Dialect, Start } from '../../types.js' */

import { newCaptcha, newCaptchas } from './core.js';

const FIELD = 'g-recaptcha-response';

// What `grecaptcha` does, by https://developers.google.com/recaptcha/docs/display, `…/invisible` and `…/v3`.
/** @type {Start} */
export function start({ id, hl }) {
  /** @type {Dialect['plan']} */
  const plan = (params, number, call) => ({
    params,
    theme: params.theme ?? 'light',
    locale: params.hl ?? hl,
    fields: [[FIELD, number ? `${FIELD}-${number}` : FIELD]],
    solved: (token) => call('callback', token),
    expired: (what) => what === 'token' && call('expired-callback'),
    failed: () => call('error-callback'),
    reason: (why) => new Error(typeof why === 'string' ? `the challenge is ${why}` : why.message),
  });

  const captchas = newCaptchas({ name: 'reCAPTCHA', id, plan });
  const find = (/** @type {unknown} */ which) => {
    const captcha = captchas.find(which);
    if (!captcha) throw new Error(which == null ? 'No reCAPTCHA clients exist.' : 'Invalid reCAPTCHA client id');
    return captcha;
  };

  return {
    watch: () => captchas.watch('g-recaptcha'),
    methods: {
      render: (where, params, inherit = !params) => captchas.render(where, params, inherit),
      execute(which, { action } = {}) {
        if (typeof which === 'string') {
          // Why: a site key, not an id, is version 3, which asks anew at each call.
          const once = { ...plan({ sitekey: which, action }, 0, () => {}), fields: [] };
          const captcha = newCaptcha(document.body, once, document.body);
          return captcha.execute().finally(captcha.remove);
        }
        const captcha = find(which);
        captcha.plan.params.action ??= action;
        return captcha.execute();
      },
      reset: (which) => find(which).reset(),
      getResponse: (which) => find(which).token,
    },
  };
}
