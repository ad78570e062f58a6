/** The entry of the Cattlegrid widget, as docs/widget.md tells of it. The files lie in this folder as they are served. */

// Why: what element.js needs is named here too, so that a browser fetches all of it at once.
import './widget/api.js';
import './widget/locales.js';
import './widget/style.js';
import './widget/view.js';
import { CattlegridCaptcha } from './widget/element.js';

const NAME = 'cattlegrid-captcha';

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
