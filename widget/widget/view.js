/** @import { Actions, Fill, Html, Locale, Note, State } from '../types.js' */

import { LOCALES } from './locales.js';
import { sheet } from './style.js';

// Why: no markup and no `style`, to work under any content security policy.
/** @type {Fill} */
const fill = (element, attributes, ...children) => {
  for (const name in attributes) element.setAttribute(name, `${attributes[name]}`);
  element.append(...children);
  return element;
};

/** @type {Html} */
export const html = (tag, name, attributes, ...children) =>
  fill(document.createElement(tag), { class: name, part: name, ...attributes }, ...children);

/** A line drawing, 24 by 24, that a screen reader passes over. */
function drawing(name = '', d = '') {
  const svg = 'http://www.w3.org/2000/svg';
  const path = fill(document.createElementNS(svg, 'path'), { d });
  const box = { class: name, part: name, viewBox: '0 0 24 24', 'aria-hidden': 'true' };
  return fill(document.createElementNS(svg, 'svg'), box, path);
}

/** What the person sees. It shows what it is told, and decides nothing. */
export class View {
  #label = html('label', 'label', { for: 'field' });
  #image = html('img', 'image', { hidden: '' });
  #retry = html('button', 'retry', { type: 'button' });
  #check = html('button', 'check', { type: 'button' });
  #refresh = html(
    'button',
    'refresh',
    { type: 'button' },
    drawing('icon', 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.5m0-5v5h-5'),
  );
  #status = html('p', 'status', { id: 'status', role: 'status' });
  field = html('input', 'field', {
    id: 'field',
    dir: 'auto',
    maxlength: '64',
    autocomplete: 'off',
    autocapitalize: 'none',
    autocorrect: 'off',
    spellcheck: 'false',
    enterkeyhint: 'done',
    'aria-describedby': 'status',
  });
  #card = html(
    'div',
    'card',
    {},
    this.#label,
    html(
      'div',
      'picture',
      {},
      this.#image,
      html('div', 'veil'),
      drawing('tick', 'M5 12.5l4.5 4.5L19.5 6.5'),
      this.#retry,
    ),
    html('div', 'row', {}, this.field, this.#check, this.#refresh),
    // A cattle grid, as one sees it who walks up to it.
    html(
      'div',
      'foot',
      {},
      this.#status,
      drawing('mark', 'M4.5 5.5 2 19M19.5 5.5 22 19M4.3 7h15.4M3.8 9.7h16.4M3.2 12.9h17.6M2.5 16.6h19'),
    ),
  );
  #texts = LOCALES.en;
  #kind = 'chars';

  constructor(/** @type {ShadowRoot} */ shadow, /** @type {Actions} */ on) {
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(this.#card);
    this.#check.onclick = on.check;
    this.#refresh.onclick = on.refresh;
    this.#retry.onclick = on.retry;
    this.field.oninput = on.type;
    this.field.onkeydown = (event) => {
      // Why: while an input method composes, Enter chooses what it suggests.
      if (event.key === 'Enter' && !event.isComposing) on.enter();
    };
  }

  speak(/** @type {Locale} */ locale) {
    const texts = (this.#texts = LOCALES[locale]);
    this.#card.lang = locale;
    this.#card.dir = texts.direction;
    this.#check.textContent = texts.check;
    this.#retry.textContent = texts.retry;
    this.#refresh.title = this.#refresh.ariaLabel = texts.refresh;
    this.#ask();
  }

  show(/** @type {State} */ state, /** @type {Note | undefined} */ note) {
    this.#card.dataset.state = state;
    this.#card.ariaBusy = String(state === 'loading' || state === 'checking');
    this.#check.ariaDisabled = String(state !== 'ready');
    this.field.readOnly = state === 'checking' || state === 'solved';
    this.field.ariaInvalid = String(note?.text === 'wrong' || note?.text === 'required');
    this.#status.dataset.tone = note?.tone ?? '';
    this.#status.textContent = note ? this.#texts[note.text] : '';
  }

  draw(/** @type {HTMLImageElement} */ image, /** @type {string} */ kind) {
    this.#image.replaceWith(image);
    this.#image = image;
    this.#kind = kind;
    image.part.add('image');
    this.#ask();
  }

  disable(/** @type {boolean} */ disabled) {
    for (const control of [this.field, this.#check, this.#refresh, this.#retry]) control.disabled = disabled;
  }

  #ask() {
    const { chars, math, words, custom } = this.#texts;
    this.#label.textContent = { chars, unicode: chars, math, words }[this.#kind] ?? custom;
    this.#image.alt = this.#texts.picture;
  }
}
