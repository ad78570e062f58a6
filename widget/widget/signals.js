const coarse = (/** @type {number} */ number, most = 15) => Math.min(Math.floor(number), most);

/** Watches how a widget is used, too coarsely to tell people apart, as docs/behaviour.md says. */
export function watch(/** @type {HTMLElement} */ widget) {
  let [since, edits, corrections, blurs] = [0, 0, 0, 0];
  const used = new Set();

  const see = (/** @type {Event} */ event) => {
    if (!event.isTrusted) return;
    if (event instanceof PointerEvent) used.add(event.pointerType === 'touch' ? 'touch' : 'pointer');
    else if (event instanceof KeyboardEvent) used.add('keys');
    else if (event instanceof FocusEvent) blurs++;
    else {
      edits++;
      if (event instanceof InputEvent && event.inputType.startsWith('delete')) corrections++;
    }
  };
  for (const type of ['pointerdown', 'keydown', 'focusout', 'input']) widget.addEventListener(type, see);

  return {
    begin() {
      [since, edits, corrections, blurs] = [performance.now(), 0, 0, 0];
      used.clear();
    },
    end: () => ({
      time: coarse((performance.now() - since) / 500, 120),
      used: [...used],
      edits: coarse(edits),
      corrections: coarse(corrections),
      blurs: coarse(blurs),
      automated: navigator.webdriver,
    }),
  };
}
