/** @import { Captcha, NewCaptcha, NewCaptchas, Why } from '../../types.js' */

import '../../widget.js';
import { ask } from './dialog.js';

/** @type {Record<string, string[]>} */
const SIZES = { compact: ['10.25rem', '.5rem'], flexible: ['100%'] };

/** @type {NewCaptcha} */
export function newCaptcha(container, plan, place) {
  const { params, refresh, retry, waits = !!place } = plan;
  const fields = plan.fields.map(([name, id, type]) => {
    const field = document.createElement(type ? 'input' : 'textarea');
    return Object.assign(field, { name, id, className: name, hidden: true }, type && { type });
  });
  /** @type {Captcha} */
  const captcha = {
    container,
    plan,
    id: '',
    token: '',
    key: '',
    isExpired: false,
    shown: false,
    execute() {
      if (captcha.token && !place) return Promise.resolve(captcha.token);
      if (captcha.pending) return captcha.pending;
      if (place || !captcha.widget) begin();
      else captcha.widget.focus();
      captcha.pending = new Promise((...both) => ([captcha.resolve, captcha.reject] = both));
      // Why: pages with callbacks leave it alone.
      captcha.pending.catch(() => {});
      return captcha.pending;
    },
    close() {
      if (!captcha.dialog || captcha.token) return;
      end('closed');
      plan.closed?.();
    },
    reset() {
      end('closed');
      if (!waits) begin();
    },
    remove() {
      end('closed');
      container.removeEventListener('click', pressed);
      for (const field of fields) field.remove();
    },
  };

  /** @type {Record<string, (detail: any, event: Event) => void>} */
  const hear = {
    load({ key }) {
      clearTimeout(captcha.timer);
      captcha.key = key;
      if (captcha.shown || !captcha.widget) return;
      captcha.shown = true;
      plan.opened?.();
      captcha.widget.hidden = false;
      captcha.dialog?.open();
    },
    solved({ token }) {
      const { shown } = captcha;
      captcha.shown = captcha.isExpired = false;
      take(token);
      captcha.dialog?.close();
      captcha.resolve?.(token);
      captcha.pending = undefined;
      plan.solved(token, shown);
    },
    expired({ what }, event) {
      const { token } = captcha;
      const then = place ? (token || plan.ends) && 'end' : refresh?.[what];
      take('');
      if (then && then !== 'auto') event.preventDefault();
      if (then === 'never') captcha.widget?.setAttribute('disabled', '');
      if (then === 'end') end('expired');
      captcha.isExpired = !!token;
      plan.expired(what, token);
    },
    error(failure) {
      if (place && !captcha.shown) {
        // Why: who has pressed a button is told, unless the page does it.
        if (isButton(container) && !params['error-callback']) hear.load?.(captcha, failure);
        else end(failure);
      } else if (retry && failure.retryable && !captcha.widget?.typed)
        captcha.timer = setTimeout(() => captcha.widget?.reset(), retry);
      plan.failed(failure);
    },
  };

  function begin() {
    end('closed');
    const { sitekey, action, tabindex, cData, cdata = cData, size } = params;
    const widget = /** @type {any} */ (document.createElement('cattlegrid-captcha'));
    // Why: its form is nowhere, as the page's own has the provider's fields, and need not be valid by ours.
    const attributes = { sitekey, action, tabindex, cdata, theme: plan.theme, locale: plan.locale, form: '' };
    for (const [name, value] of Object.entries(attributes)) if (value != null) widget.setAttribute(name, value);
    const [width = '18.75rem', padding = 'inherit'] = SIZES[place ? 'flexible' : size] ?? [];
    widget.style.cssText = `--cattlegrid-width:${width};--cattlegrid-padding:${padding}`;
    widget.hidden = !!plan.shy;
    for (const [type, then] of Object.entries(hear)) {
      widget.addEventListener(type, (/** @type {any} */ event) => then(event.detail, event));
    }
    captcha.widget = widget;
    if (place) captcha.dialog = ask(widget, place, captcha.close);
    else {
      // Why: pages made less room.
      container.style.cssText += `;min-width:min(100%,${width});min-height:max-content`;
      container.append(widget);
    }
  }

  function end(/** @type {Why} */ why) {
    clearTimeout(captcha.timer);
    captcha.dialog?.remove();
    captcha.widget?.remove();
    captcha.reject?.(plan.reason?.(why));
    captcha.widget = captcha.dialog = captcha.pending = undefined;
    captcha.shown = captcha.isExpired = false;
    take('');
  }

  function take(/** @type {string} */ token) {
    captcha.token = token;
    // Why: both, so that a form that is reset keeps it.
    for (const field of fields) field.defaultValue = field.value = token;
  }

  const pressed = (/** @type {Event} */ event) => {
    event.preventDefault();
    captcha.execute();
  };

  if (isButton(container)) {
    container.addEventListener('click', pressed);
    container.after(...fields);
  } else container.append(...fields);
  if (!waits) begin();
  return captcha;
}

const isButton = (/** @type {Element} */ element) => element.matches('button, input');

/** @type {NewCaptchas} */
export function newCaptchas({ name, id, plan }) {
  /** @type {Map<Element | null, Captcha>} */
  const all = new Map();
  const seen = new WeakSet();
  let count = 0;

  /** @type {ReturnType<NewCaptchas>} */
  const captchas = {
    element(where) {
      if (where instanceof HTMLElement) return where;
      try {
        return document.getElementById(where) ?? document.querySelector(where);
      } catch {
        return null;
      }
    },
    render(where, given, inherit = true) {
      const number = count++;
      const container = captchas.element(where);
      if (!container) throw new Error(`${name}: there is no element ${where}`);
      all.get(container)?.remove();
      /** @type {Record<string, any>} */
      const params = {};
      for (const { name, value } of inherit ? container.attributes : []) {
        if (name.startsWith('data-')) params[name.slice(5)] = value;
      }
      Object.assign(params, given);
      if (!params.sitekey) throw new Error(`${name}: the parameter "sitekey" is missing`);
      const invisible = params.size === 'invisible' || isButton(container);
      const call = (/** @type {string} */ name, /** @type {unknown[]} */ ...what) => {
        const callback = params[name];
        (typeof callback === 'function' ? callback : /** @type {any} */ (window)[callback])?.(...what);
      };
      const planned = plan(params, number, call);
      const captcha = newCaptcha(container, planned, invisible ? (planned.into ?? document.body) : undefined);
      all.set(container, captcha);
      return (captcha.id = id(number));
    },
    find(which) {
      const known = [...all.values()];
      if (which == null) return known.find(({ plan }) => !plan.params.isolated);
      return known.find((captcha) => captcha.id === which) ?? all.get(captchas.element(which));
    },
    remove(captcha) {
      captcha.remove();
      all.delete(captcha.container);
    },
    watch(...classes) {
      const selector = classes.map((it) => `.${it}[data-sitekey]`).join();
      const look = () => {
        for (const element of document.querySelectorAll(selector)) {
          // Why: once, as what a script has removed stays away.
          if (seen.has(element)) continue;
          seen.add(element);
          if (!all.has(element)) captchas.render(element);
        }
      };
      look();
      new MutationObserver(look).observe(document, { childList: true, subtree: true });
    },
  };

  // Why: who has typed the answer and gone straight on to the form's button means both. Before the page's own listeners,
  // which would find no token.
  document.addEventListener(
    'submit',
    async (/** @type {any} */ event) => {
      const { target: form, submitter } = event;
      const typed = [...all.values()].find(({ container, widget }) => widget?.typed && form.contains(container));
      if (!typed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      await typed.widget?.check();
      if (typed.token) form.requestSubmit(submitter);
    },
    true,
  );
  return captchas;
}
