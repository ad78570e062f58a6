/** @import { Dialect, Params } from '../../types.js' */

import { Captcha } from './captcha.js';

/** The parameters that an element's `data-…` attributes name. */
function named(/** @type {Element} */ element) {
  const data = [...element.attributes].filter(({ name }) => name.startsWith('data-'));
  return Object.fromEntries(data.map(({ name, value }) => [name.slice(5), value]));
}

/** The captchas that a provider's script has put on the page. */
export class Captchas {
  /** @type {Map<Element, Captcha>} */
  #at = new Map();
  /** Those that no script asked for, which one may therefore replace. @type {WeakSet<Captcha>} */
  #found = new WeakSet();
  #count = 0;
  #dialect;

  constructor(/** @type {Dialect} */ dialect) {
    this.#dialect = dialect;
    // Why: capture, to come before the page's own listeners, which would find no token.
    document.addEventListener('submit', (event) => this.#submitted(event), true);
  }

  /**
   * Puts a captcha into an element, or binds it to a button.
   *
   * @param {unknown} where an element, its id, or a selector
   * @param {Params} params
   * @param {boolean} inherit whether the element's `data-…` attributes count too
   */
  render(where, params = {}, inherit = true) {
    const { name, id, plan } = this.#dialect;
    const number = this.#count++;
    const container = this.element(where);
    if (!container) throw new Error(`${name}: there is no element ${where}`);
    const there = this.#at.get(container);
    if (there && !this.#found.has(there)) throw new Error(`${name} has already been rendered in this element`);
    there?.remove();
    const all = { ...(inherit && named(container)), ...params };
    if (!all.sitekey) throw new Error(`${name}: the parameter "sitekey" is missing`);
    const captcha = new Captcha(container, all, plan(container, all, number));
    captcha.id = id(number);
    this.#at.set(container, captcha);
    return captcha.id;
  }

  /** A captcha by its id, its element or a selector; the first one for nothing. */
  find(/** @type {unknown} */ which) {
    const all = [...this.#at.values()];
    if (which === undefined || which === null) return all.find(({ params }) => !params.isolated);
    const container = this.element(which);
    return all.find((captcha) => captcha.id === which || captcha.container === container);
  }

  remove(/** @type {Captcha} */ captcha) {
    captcha.remove();
    this.#at.delete(captcha.container);
  }

  /** Renders what the selector finds, now and whenever the page has changed. */
  watch(/** @type {string} */ selector) {
    const look = () => {
      for (const element of document.querySelectorAll(selector)) {
        if (this.#at.has(element)) continue;
        this.render(element);
        this.#found.add(/** @type {Captcha} */ (this.#at.get(element)));
      }
    };
    look();
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  }

  /** @returns {Element | null} */
  element(/** @type {unknown} */ where) {
    if (where instanceof Element) return where;
    try {
      return document.getElementById(`${where}`) ?? document.querySelector(`${where}`);
    } catch {
      return null;
    }
  }

  // Why: a person who has typed the answer and gone straight on to the form's button means both.
  async #submitted(/** @type {SubmitEvent} */ event) {
    const form = /** @type {HTMLFormElement} */ (event.target);
    const typed = [...this.#at.values()].find(({ container, typed }) => typed && container.closest('form') === form);
    if (!typed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await typed.check();
    if (typed.token) form.requestSubmit(event.submitter);
  }
}
