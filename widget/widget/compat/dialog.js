import { LOCALES, localeOf } from '../locales.js';
import { html, sheet } from '../view.js';

const CLOSE = {
  en: 'Close',
  'zh-Hans': '关闭',
  es: 'Cerrar',
  de: 'Schließen',
  fr: 'Fermer',
  ja: '閉じる',
  ar: 'إغلاق',
};

const own = new CSSStyleSheet();
own.replaceSync(`
:host { display: block }
dialog { inline-size: min(100%, 22rem) }
dialog:not([open]) { display: none }
::backdrop { background: #000a }
h2 { flex: 1; align-self: center; margin: 0 }
cattlegrid-captcha::part(card) { padding: 0; border: 0 }
`);

// Keeps a widget in a dialog, which opens when it is told to.
/** @type {import('../../types.js').Dialog} */
export function ask(widget, place, closed) {
  const locale = localeOf(widget);
  const { direction, name } = LOCALES[locale];
  const title = html('h2', 'label');
  title.textContent = name;
  const button = html('button', 'refresh', { type: 'button', 'aria-label': CLOSE[locale] });
  button.textContent = '✕';
  const dialog = html(
    'dialog',
    'card',
    { lang: locale, dir: direction, 'aria-label': name },
    html('div', 'row', {}, title, button),
    widget,
  );
  const host = html('div', '', { theme: `${widget.getAttribute('theme')}` });
  const shadow = host.attachShadow({ mode: 'open' });
  shadow.adoptedStyleSheets = [sheet, own];
  shadow.append(dialog);
  place.append(host);
  button.onclick = () => dialog.close();
  dialog.onclose = closed;

  const close = () => {
    dialog.onclose = null;
    dialog.close();
  };
  return {
    open() {
      dialog.showModal();
      widget.focus();
    },
    close,
    remove() {
      // Why: only a dialog that closes gives the focus back.
      close();
      host.remove();
    },
  };
}
