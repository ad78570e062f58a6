/** @import { CattlegridCaptcha } from '../element.js' */

import { LOCALES, localeOf } from '../locales.js';

const CLOSE = {
  en: 'Close',
  'zh-Hans': '关闭',
  es: 'Cerrar',
  de: 'Schließen',
  fr: 'Fermer',
  ja: '閉じる',
  ar: 'إغلاق',
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
dialog {
  color-scheme: light dark;
  box-sizing: border-box;
  inline-size: min(100%, 22rem);
  max-inline-size: none;
  padding: .5rem;
  border: 0;
  border-radius: .75rem;
  background: var(--cattlegrid-background, light-dark(#fff, #1b1f23));
  color: var(--cattlegrid-text, light-dark(#1a211e, #e9edee));
  font: 1rem/1.4 var(--cattlegrid-font, system-ui, sans-serif);
}
dialog::backdrop { background: #000a }
header { display: flex; align-items: center; padding-inline-start: .75rem }
h2 { flex: 1; margin: 0; font-size: 1rem }
button {
  min-inline-size: 2.75rem;
  min-block-size: 2.75rem;
  border: 0;
  border-radius: .5rem;
  background: none;
  color: inherit;
  font: inherit;
  cursor: pointer;
}
:focus-visible { outline: 2px solid }
cattlegrid-captcha { --cattlegrid-width: 100% }
cattlegrid-captcha::part(card) { border: 0 }
`);

/**
 * Gets a widget ready in a dialog, which opens when it is told to.
 *
 * @param {CattlegridCaptcha} widget
 * @param {Element} place where the dialog is put
 * @param {() => void} closed what to do when the person has closed it
 */
export function ask(widget, place, closed) {
  const host = document.createElement('div');
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = [sheet];
  const locale = localeOf(widget);
  const dialog = document.createElement('dialog');
  const header = document.createElement('header');
  const title = document.createElement('h2');
  const close = document.createElement('button');
  title.id = 'title';
  title.textContent = LOCALES[locale].name;
  close.ariaLabel = close.title = CLOSE[locale];
  close.textContent = '✕';
  close.onclick = closed;
  dialog.lang = locale;
  dialog.dir = LOCALES[locale].direction;
  dialog.style.colorScheme = widget.getAttribute('theme') ?? '';
  dialog.setAttribute('aria-labelledby', title.id);
  dialog.oncancel = closed;
  header.append(title, close);
  dialog.append(header, widget);
  shadow.append(dialog);
  place.append(host);

  return {
    open() {
      dialog.showModal();
      widget.focus();
    },
    get isOpen() {
      return dialog.open;
    },
    close: () => dialog.close(),
    remove() {
      // Why: only a dialog that closes gives the focus back.
      dialog.close();
      host.remove();
    },
  };
}
