/** @import { CattlegridCaptcha } from '../element.js' */
/** @import { Failure, Params, Pending, Plan } from '../../types.js' */

import '../../widget.js';
import { ask } from './dialog.js';

/** One captcha of a provider's: the widget in its place or in a dialog, and the fields that hold its token. */
export class Captcha {
  /** @type {string | number} */
  id = '';
  /** The response token, or an empty string. */
  token = '';
  /** The key of the challenge that was shown last. */
  key = '';
  /** Whether there was a token that is now too old. */
  isExpired = false;
  /** @type {CattlegridCaptcha | null} */
  #widget = null;
  /** @type {ReturnType<typeof ask> | null} */
  #dialog = null;
  /** @type {Pending | null} */
  #pending = null;
  /** Whether a picture waits for its answer. */
  #shown = false;
  #retry = 0;
  #pressed = (/** @type {Event} */ event) => {
    event.preventDefault();
    this.execute();
  };

  /**
   * @param {Element} container
   * @param {Params} params as the page gave them
   * @param {Plan} plan what they mean
   */
  constructor(container, params, plan) {
    this.container = container;
    this.params = params;
    this.plan = plan;
    if (isButton(container)) {
      container.addEventListener('click', this.#pressed);
      container.after(...plan.fields);
    } else container.append(...plan.fields);
    if (!plan.waits) this.#begin();
  }

  /** Whether an answer is typed that was not judged yet. */
  get typed() {
    return !!this.#widget?.typed;
  }

  /** Has what is typed judged. */
  async check() {
    await this.#widget?.check();
  }

  /**
   * Begins, unless that is done already.
   *
   * @returns {Promise<string>} the token
   */
  execute() {
    const { dialog } = this.plan;
    if (this.token && !dialog) return Promise.resolve(this.token);
    if (this.#pending) return this.#pending.promise;
    if (!this.#widget || dialog) this.#begin();
    else this.#widget.focus();
    /** @type {Partial<Pending>} */
    const pending = {};
    pending.promise = new Promise((resolve, reject) => Object.assign(pending, { resolve, reject }));
    // Why: a page that is told by callbacks does not look at the promise.
    pending.promise.catch(() => {});
    this.#pending = /** @type {Pending} */ (pending);
    return pending.promise;
  }

  /** Closes the dialog. */
  close() {
    if (!this.#dialog || this.token) return;
    this.#end('closed');
    this.plan.closed?.();
  }

  /** Forgets the token, and begins again. */
  reset() {
    this.#end('closed');
    if (!this.plan.waits) this.#begin();
  }

  remove() {
    this.#end('closed');
    this.container.removeEventListener('click', this.#pressed);
    for (const field of this.plan.fields) field.remove();
  }

  #begin() {
    this.#end('closed');
    const { attributes, styles, dialog, shy = false } = this.plan;
    const widget = /** @type {CattlegridCaptcha} */ (document.createElement('cattlegrid-captcha'));
    // Why: of a form that is nowhere. The page's own has the provider's fields, and need not be valid by ours.
    for (const [name, value] of Object.entries({ ...attributes, form: '' })) {
      if (value !== undefined && value !== null) widget.setAttribute(name, value);
    }
    for (const [name, value] of Object.entries(styles)) widget.style.setProperty(name, value);
    widget.hidden = shy;
    const hear = (/** @type {string} */ type, /** @type {(event: CustomEvent) => void} */ then) =>
      widget.addEventListener(type, (event) => then(/** @type {CustomEvent} */ (event)));
    hear('load', ({ detail }) => this.#loaded(detail.key));
    hear('solved', ({ detail }) => this.#solved(detail.token));
    hear('expired', (event) => this.#expired(event));
    hear('error', ({ detail }) => this.#failed(detail));
    this.#widget = widget;
    if (dialog) this.#dialog = ask(widget, dialog, () => this.close());
    else this.container.append(widget);
  }

  /** Takes the widget away, and the token with it. */
  #end(/** @type {'closed' | 'expired' | Failure} */ why) {
    clearTimeout(this.#retry);
    this.#dialog?.remove();
    this.#widget?.remove();
    this.#dialog = this.#widget = null;
    this.#shown = this.isExpired = false;
    this.#take('');
    this.#pending?.reject(this.plan.reason?.(why));
    this.#pending = null;
  }

  #loaded(/** @type {string} */ key) {
    clearTimeout(this.#retry);
    this.key = key;
    if (this.#shown || !this.#widget) return;
    this.#shown = true;
    this.plan.opened?.();
    this.#widget.hidden = false;
    this.#dialog?.open();
  }

  #solved(/** @type {string} */ token) {
    const shown = this.#shown;
    this.#shown = this.isExpired = false;
    this.#take(token);
    this.#dialog?.close();
    this.#pending?.resolve(token);
    this.#pending = null;
    this.plan.solved(token, shown);
  }

  #expired(/** @type {CustomEvent<{ what: 'challenge' | 'token' }>} */ event) {
    const { what } = event.detail;
    const { token, plan } = this;
    const then = plan.refresh?.[what] ?? (plan.dialog && token ? 'end' : 'auto');
    this.#take('');
    if (then !== 'auto') event.preventDefault();
    if (then === 'never') this.#widget?.setAttribute('disabled', '');
    if (then === 'end') this.#end('expired');
    this.isExpired = what === 'token';
    plan.expired(what, token);
  }

  #failed(/** @type {Failure} */ failure) {
    const { plan } = this;
    const widget = this.#widget;
    // Why: what fails in an open dialog can be tried again there.
    if (!this.#shown && plan.waits) this.#end(failure);
    else if (plan.retry && failure.retryable && widget && !widget.typed) {
      this.#retry = setTimeout(() => widget.reset(), plan.retry);
    }
    plan.failed(failure);
  }

  #take(/** @type {string} */ token) {
    this.token = token;
    // Why: both, so that a form that is reset keeps a token that is still good.
    for (const field of this.plan.fields) field.defaultValue = field.value = token;
  }
}

export const isButton = (/** @type {Element} */ element) => element.matches('button, input');
