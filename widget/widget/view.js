/** @import { Actions, Fill, Html, Locale, Note, State } from '../types.js' */

import { LOCALES } from './locales.js';

// Each `--_…` is the `--cattlegrid-…` property that docs/widget.md names, or its default.
const css = `
:host {
  color-scheme: light dark;
  --_accent: var(--cattlegrid-accent, light-dark(#23684a, #8fd8b1));
  --_background: var(--cattlegrid-background, light-dark(#fff, #1b1f23));
  --_border: var(--cattlegrid-border, light-dark(#dde2e0, #343b41));
  --_danger: var(--cattlegrid-danger, light-dark(#a92a1c, #ffb3a7));
  --_field-border: var(--cattlegrid-field-border, light-dark(#848d89, #79838b));
  --_muted: var(--cattlegrid-muted, light-dark(#59635e, #a5afb5));
  --_success: var(--cattlegrid-success, light-dark(#1e6b47, #8fd8b1));
  --_control-radius: var(--cattlegrid-control-radius, .5rem);
  --_control-size: var(--cattlegrid-control-size, 2.75rem);
  --_gap: var(--cattlegrid-gap, .5rem);
  display: inline-block;
  box-sizing: border-box;
  inline-size: min(100%, var(--cattlegrid-width, 20rem));
}
:host([theme=light]) { color-scheme: light }
:host([theme=dark]) { color-scheme: dark }
:host([hidden]) { display: none }

* { box-sizing: border-box }

.card {
  display: grid;
  grid-template-columns: 100%;
  gap: var(--_gap);
  padding: var(--cattlegrid-padding, .75rem);
  border: 1px solid var(--_border);
  border-radius: var(--cattlegrid-radius, .75rem);
  background: var(--_background);
  color: var(--cattlegrid-text, light-dark(#1a211e, #e9edee));
  font: var(--cattlegrid-font-size, 1rem)/1.4 var(--cattlegrid-font, system-ui, sans-serif);
  text-align: start;
}
.label { min-block-size: 1.4em; font-size: .9375em; font-weight: 550 }

.picture {
  display: grid;
  grid-template: 100%/100%;
  place-items: center;
  block-size: var(--cattlegrid-picture-height, 5.5rem);
  overflow: hidden;
  border: 1px solid var(--_border);
  border-radius: var(--_control-radius);
  background: var(--cattlegrid-picture-background, #f7f6f2);
}
.picture > * { grid-area: 1/1 }
img {
  display: block;
  inline-size: 100%;
  block-size: 100%;
  object-fit: scale-down;
  transition: opacity .15s;
}
.veil, .tick, .retry { display: none }
[data-state=loading] img { opacity: .15 }
[data-state=checking] img { opacity: .5 }
[data-state=failed] img, [data-state=solved] img { visibility: hidden }
[data-state=failed] .picture, [data-state=solved] .picture { background: none }
[data-state=loading] .veil {
  display: block;
  place-self: stretch;
  background: linear-gradient(100deg, transparent 30%, var(--_border) 50%, transparent 70%) 100%/300% 100%;
  animation: pass 1.4s linear infinite;
}
@keyframes pass { to { background-position: 0 } }
[data-state=solved] .tick {
  display: block;
  inline-size: 2.75rem;
  color: var(--_success);
  stroke-width: 2.25;
}
[data-state=solved] .tick path {
  stroke-dasharray: 60;
  animation: draw .45s ease-out;
}
@keyframes draw { from { stroke-dashoffset: 60 } }
[data-state=failed] .retry { display: block; background: var(--_background) }

.row { display: flex; flex-wrap: wrap; gap: var(--_gap) }
.field, button {
  min-block-size: var(--_control-size);
  margin: 0;
  border: 1px solid var(--_field-border);
  border-radius: var(--_control-radius);
  font: inherit;
}
.field {
  flex: 1 6rem;
  min-inline-size: 0;
  padding: 0 .75em;
  background: var(--cattlegrid-field-background, light-dark(#fff, #121517));
  color: inherit;
  letter-spacing: .06em;
}
.field[aria-invalid=true] { border-color: var(--_danger) }
[data-state=solved] .field { border-color: var(--_border); background: none }
button {
  min-inline-size: var(--_control-size);
  padding: 0 1em;
  background: none;
  color: inherit;
  cursor: pointer;
}
.check {
  border-color: var(--_accent);
  background: var(--_accent);
  color: var(--cattlegrid-accent-text, light-dark(#fff, #0c2418));
  font-weight: 550;
}
.refresh { display: grid; place-items: center; padding: 0; color: var(--_muted) }
button:hover { filter: brightness(1.12) }
[aria-disabled=true], :disabled { cursor: default }
[aria-disabled=true].check { opacity: .6; transition: opacity .1s .4s }
[data-state=solved] button { display: none }
:focus-visible { outline: 2px solid var(--cattlegrid-focus, var(--_accent)); outline-offset: 2px }
:host(:disabled) .card { opacity: .6 }

.foot { display: flex; align-items: center; gap: var(--_gap); min-block-size: 2.45em; font-size: .8125em }
.status { flex: 1; margin: 0; color: var(--_muted); line-height: 1.2 }
.status[data-tone=success] { color: var(--_success) }
.status[data-tone=danger] { color: var(--_danger) }

svg {
  display: block;
  inline-size: 1.375rem;
  fill: none;
  stroke: currentColor;
  stroke-width: 1.75;
  stroke-linecap: round;
  stroke-linejoin: round;
}
.mark { color: var(--_muted); stroke-width: 1.5 }

@media (prefers-reduced-motion: reduce) {
  *, [data-state] * { animation: none !important; transition: none !important }
  [data-state=loading] .veil { background: var(--_border); opacity: .5 }
}
`;

// Why: no markup and no `style`, to work under any content security policy.
export const sheet = new CSSStyleSheet();
sheet.replaceSync(css);

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
    // A cattle grid, seen by whoever walks up to it.
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
    this.field.ariaInvalid = String(note?.texts[0] === 'wrong' || note?.texts[0] === 'required');
    this.#status.dataset.tone = note?.tone ?? '';
    this.#status.textContent = note?.texts.map((text) => this.#texts[text]).join(' ') ?? '';
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
