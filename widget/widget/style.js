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

// Why: a constructed sheet, because a strict content security policy forbids `style` elements and attributes.
export const sheet = new CSSStyleSheet();
sheet.replaceSync(css);
