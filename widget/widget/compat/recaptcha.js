/** @import { Params, Plan, Setup } from '../../types.js' */

import { Captcha, isButton } from './captcha.js';
import { Captchas } from './captchas.js';
import { call, field, looks } from './shared.js';

const FIELD = 'g-recaptcha-response';

/** What `grecaptcha` does, by https://developers.google.com/recaptcha/docs/display, `…/invisible` and `…/v3`. */
export function start(/** @type {Setup} */ { id, hl }) {
  /** @returns {Plan} */
  function plan(/** @type {Element} */ container, /** @type {Params} */ params, number = 0) {
    const invisible = params.size === 'invisible' || isButton(container);
    return {
      ...looks(params, params.theme ?? 'light', params.hl ?? hl),
      waits: invisible,
      dialog: invisible ? document.body : undefined,
      fields: [field('textarea', FIELD, number ? `${FIELD}-${number}` : FIELD)],
      solved: (token) => call(params, 'callback', token),
      expired: (what) => what === 'token' && call(params, 'expired-callback'),
      failed: () => call(params, 'error-callback'),
      reason: (why) => new Error(typeof why === 'string' ? `the challenge is ${why}` : why.message),
    };
  }

  const captchas = new Captchas({ name: 'reCAPTCHA', id, plan });
  function find(/** @type {unknown} */ which) {
    const captcha = captchas.find(which);
    if (!captcha) throw new Error(which === undefined ? 'No reCAPTCHA clients exist.' : 'Invalid reCAPTCHA client id');
    return captcha;
  }
  /** Version 3, which asks anew at each call, and has no field. */
  function score(/** @type {string} */ sitekey, /** @type {string | undefined} */ action) {
    const params = { sitekey, action, size: 'invisible' };
    return new Captcha(document.body, params, { ...plan(document.body, params), fields: [] }).execute();
  }

  return {
    watch: () => captchas.watch('.g-recaptcha[data-sitekey]'),
    methods: {
      /** @type {(where: unknown, params?: Params, inherit?: boolean) => string | number} */
      render: (where, params, inherit = !params) => captchas.render(where, params, inherit),
      execute(/** @type {unknown} */ which, /** @type {{ action?: string }} */ { action } = {}) {
        if (typeof which === 'string') return score(which, action);
        const captcha = find(which);
        if (action) captcha.plan.attributes.action = action;
        return captcha.execute();
      },
      reset: (/** @type {unknown} */ which) => find(which).reset(),
      getResponse: (/** @type {unknown} */ which) => find(which).token,
    },
  };
}
