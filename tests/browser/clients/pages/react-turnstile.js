import { Turnstile } from '@marsidev/react-turnstile';
import { createElement, createRef } from 'react';

import { hear, props, show } from './page.js';

/** @import { TurnstileInstance } from '@marsidev/react-turnstile' */
/** @type {import('react').RefObject<TurnstileInstance | null>} */
const ref = createRef();

show(
  createElement(Turnstile, {
    ref,
    onWidgetLoad: hear('ready'),
    onSuccess: hear('passed'),
    onExpire: hear('expired'),
    onError: hear('failed'),
    onBeforeInteractive: hear('opened'),
    onAfterInteractive: hear('closed'),
    ...props,
  }),
  {
    execute: () => void ref.current?.execute(),
    executeAsync: () => {
      ref.current?.execute();
      return ref.current?.getResponsePromise();
    },
    reset: () => ref.current?.reset(),
    response: () => ref.current?.getResponse(),
  },
);
