/** @import { Challenge, Earned, Note, State } from './types.js' */

import { Api, Problem } from './widget/api.js';
import { LOCALES, localeOf } from './widget/locales.js';
import { watch } from './widget/signals.js';
import { View } from './widget/view.js';

const NAME = 'cattlegrid-captcha';

// In milliseconds: so long before it expires a token is given up, so that none expires on its way.
const MARGIN = 5_000;

/** @type {Record<string, Note>} */
const NOTES = {
  'wrong-answer': { texts: ['wrong', 'renewed'], tone: 'danger' },
  'expired-key': { texts: ['expired', 'renewed'] },
  'another-challenge': { texts: ['solved', 'another'], tone: 'success' },
};

/** Asks what a picture says, and puts the token that this earns into the form. docs/widget.md has its interface. */
class CattlegridCaptcha extends HTMLElement {
  static formAssociated = true;
  static observedAttributes = ['sitekey', 'api', 'action', 'kind', 'locale'];

  #internals = this.attachInternals();
  #view = new View(this.attachShadow({ mode: 'open', delegatesFocus: true }), {
    check: () => this.check(),
    refresh: () => this.refresh(),
    retry: () => this.#retry(),
    enter: () => this.#enter(),
    type: () => this.#become(this.#state),
  });
  #signals = watch(this);
  /** @type {State} */
  #state = 'loading';
  /** @type {Challenge | null} */
  #challenge = null;
  #token = '';
  #locale = localeOf(this);
  /** When the challenge or the token expires. */
  #expires = Infinity;
  #clock = 0;
  /** @type {HTMLButtonElement | null} */
  #submitter = null;
  #due = 0;
  #waiting = false;
  #doing = new AbortController();
  /** @type {Promise<void> | undefined} */
  #judging;

  constructor() {
    super();
    this.#internals.role = 'group';
    this.addEventListener('invalid', (event) => this.#invalid(event));
    this.#require();
  }

  get value() {
    return this.#token;
  }
  get typed() {
    return !!this.#challenge && !!this.#view.field.value.trim();
  }
  get form() {
    return this.#internals.form;
  }
  get validity() {
    return this.#internals.validity;
  }
  get validationMessage() {
    return this.#internals.validationMessage;
  }
  get willValidate() {
    return this.#internals.willValidate;
  }
  checkValidity() {
    return this.#internals.checkValidity();
  }
  reportValidity() {
    return this.#internals.reportValidity();
  }

  refresh() {
    if (this.#state !== 'solved') this.#load({ texts: ['renewed'] });
  }

  reset() {
    this.#load();
  }

  connectedCallback() {
    // Why capture: a page may stop the event on its way up.
    document.addEventListener('click', this.#clicked, true);
    addEventListener('pageshow', this.#returned);
    this.#speak();
    // Why not one for the moment itself: it would stand still while the computer sleeps.
    this.#clock = setInterval(() => this.#tick(), 1000);
    if (this.#state === 'loading') this.#loadSoon();
  }

  disconnectedCallback() {
    document.removeEventListener('click', this.#clicked, true);
    removeEventListener('pageshow', this.#returned);
    this.#doing.abort();
    clearInterval(this.#clock);
    clearTimeout(this.#due);
    if (this.#state !== 'solved') this.#state = 'loading';
  }

  attributeChangedCallback(/** @type {(string | null)[]} */ ...[name, before, now]) {
    if (before === now || !this.isConnected) return;
    if (name === 'locale') this.#speak();
    else this.#loadSoon();
  }

  formResetCallback() {
    this.reset();
  }

  formDisabledCallback(/** @type {boolean} */ disabled) {
    this.#view.disable(disabled);
  }

  // Why: a script may set one attribute after another.
  #loadSoon() {
    clearTimeout(this.#due);
    this.#due = setTimeout(() => this.#load());
  }

  #load(/** @type {Note | undefined} */ note = undefined) {
    this.#forget();
    this.#become('loading');
    return this.#talk(async (api) => {
      const [sitekey, kind, action] = ['sitekey', 'kind', 'action'].map((name) => this.getAttribute(name) || undefined);
      if (!sitekey) throw new Problem('missing-sitekey', 400);
      const issued = await api.issue({ sitekey, kind, action, locale: this.#locale });
      if ('token' in issued) this.#solve(issued);
      else await this.#present(api, issued, note);
    });
  }

  async check() {
    const { field } = this.#view;
    const challenge = this.#challenge;
    if (this.#state === 'checking') return this.#judging;
    if (this.#state !== 'ready' || !challenge) return;
    field.focus();
    if (!this.typed) return this.#become('ready', { texts: ['required'], tone: 'danger' });
    this.#become('checking', { texts: ['checking'] });
    this.#judging = this.#talk(async (api) => {
      const [cdata, signals] = [this.getAttribute('cdata'), this.#signals.end()];
      const judgement = await api.answer(challenge.key, { answer: field.value, cdata, signals });
      if (judgement.success) this.#solve(judgement);
      else await this.#present(api, judgement.challenge, this.#refused(judgement['error-codes'][0]));
    });
    return this.#judging;
  }

  /** Talks with the server; a talk that is still under way will not come back. */
  async #talk(/** @type {(api: Api) => Promise<void>} */ talk) {
    this.#doing.abort();
    const { signal } = (this.#doing = new AbortController());
    const base = this.getAttribute('api') ?? new URL('.', import.meta.url).href;
    try {
      await talk(new Api(base, signal, () => this.#become(this.#state, { texts: ['busy'] })));
    } catch (thrown) {
      if (!signal.aborted) this.#fail(thrown);
    }
  }

  async #present(/** @type {Api} */ api, /** @type {Challenge} */ challenge, /** @type {Note | undefined} */ note) {
    this.#forget();
    this.#become('loading', note);
    const { key, kind, expires_at: expires } = challenge;
    this.#view.draw(await api.picture(challenge), kind);
    this.#challenge = challenge;
    this.#expires = expires;
    this.#become('ready', note);
    this.#signals.begin();
    this.#emit('load', { key, kind, expires });
  }

  #solve(/** @type {Earned} */ { token, expires_at: expires }) {
    const entry = new FormData();
    entry.set('cattlegrid-response', token);
    this.#challenge = null;
    this.#token = token;
    this.#internals.setFormValue(entry);
    this.#internals.setValidity({});
    this.#expires = expires - Math.min(MARGIN, (expires - Date.now()) / 10);
    this.#become('solved', { texts: ['solved'], tone: 'success' });
    this.#emit('solved', { token, expires });
  }

  /** @returns {Note} */
  #refused(/** @type {string} */ code) {
    if (code === 'wrong-answer') this.#emit('wrong', { code });
    if (code === 'expired-key') this.#emit('expired', { what: 'challenge' });
    return NOTES[code] ?? { texts: ['renewed'] };
  }

  #tick() {
    // Why: a page in the background asks for nothing, and an answer on its way is judged first.
    if (Date.now() < this.#expires || document.hidden || this.#state === 'checking') return;
    // A page may prevent it.
    if (this.#emit('expired', { what: this.#token ? 'token' : 'challenge' })) return this.#load(NOTES['expired-key']);
    this.#forget();
    this.#become('failed');
  }

  #fail(/** @type {unknown} */ thrown) {
    const { code, message, status, retryable } = thrown instanceof Problem ? thrown : new Problem();
    const text = !retryable ? 'refused' : status ? 'busy' : 'network';
    this.#become(retryable && this.#state === 'checking' ? 'ready' : 'failed', { texts: [text], tone: 'danger' });
    if (!retryable) console.error(`cattlegrid-captcha: ${code}: ${message}`);
    this.#emit('error', { code, message, status, retryable });
  }

  #retry() {
    this.#view.field.focus();
    this.#load();
  }

  #enter() {
    if (this.#state !== 'solved') return this.check();
    this.form?.requestSubmit();
  }

  // Why: whoever types the answer and goes straight on to the form's button means both.
  async #invalid(/** @type {Event} */ event) {
    const button = this.#submitter;
    if (!button || !this.typed) return;
    event.preventDefault();
    if (this.#waiting) return;
    this.#waiting = true;
    await this.check();
    this.#waiting = false;
    if (this.#token && this.form?.checkValidity()) this.form.requestSubmit(button);
  }

  // Why: scripts ask for validity too, but without a click; Enter in a field makes one.
  #clicked = (/** @type {Event} */ { target }) => {
    /** @type {HTMLButtonElement | null | false} */
    const button = target instanceof Element && target.closest('[type=submit], button:not([type])');
    this.#submitter = button && button.form === this.form ? button : null;
    setTimeout(() => (this.#submitter = null));
  };

  // Why: out of the history comes a page whose token was sent.
  #returned = (/** @type {PageTransitionEvent} */ { persisted }) => {
    if (persisted && this.#token) this.reset();
  };

  #forget() {
    this.#challenge = null;
    this.#token = '';
    this.#expires = Infinity;
    this.#view.field.value = '';
    this.#internals.setFormValue(null);
    this.#require();
  }

  #require() {
    const { required } = LOCALES[this.#locale];
    this.#internals.setValidity({ valueMissing: true }, required, this.#view.field);
  }

  #become(/** @type {State} */ state, /** @type {Note | undefined} */ note = undefined) {
    this.#state = state;
    this.#view.show(state, note);
    const { states } = this.#internals;
    try {
      states.clear();
      states.add(state);
    } catch {
      // Why: older browsers have no such states, and lose no more than a page's style for them.
    }
  }

  #speak() {
    this.#locale = localeOf(this);
    this.#view.speak(this.#locale);
    this.#internals.ariaLabel = LOCALES[this.#locale].name;
    if (!this.#token) this.#require();
  }

  #emit(/** @type {string} */ type, /** @type {object} */ detail) {
    // Why: as those of an image.
    const bubbles = type !== 'load' && type !== 'error';
    return this.dispatchEvent(new CustomEvent(type, { detail, bubbles, cancelable: true }));
  }
}

// Each attribute is a property too; null removes it.
for (const name of ['sitekey', 'api', 'action', 'kind', 'theme', 'locale']) {
  Object.defineProperty(CattlegridCaptcha.prototype, name, {
    get() {
      return this.getAttribute(name);
    },
    set(value) {
      if (value === null) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
  });
}

/** Puts a widget into each `<div class="cattlegrid" data-sitekey="…">`, with each `data-…` as its attribute. */
function upgrade() {
  for (const div of document.querySelectorAll(`div.cattlegrid[data-sitekey]:not(:has(${NAME}))`)) {
    const widget = document.createElement(NAME);
    for (const { name, value } of div.attributes) {
      if (name.startsWith('data-')) widget.setAttribute(name.slice(5), value);
    }
    div.append(widget);
  }
}

// Why: a page may load the script from two addresses; the first one wins.
if (!customElements.get(NAME)) {
  customElements.define(NAME, CattlegridCaptcha);
  upgrade();
  new MutationObserver(upgrade).observe(document, { childList: true, subtree: true });
}
