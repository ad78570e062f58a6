import HCaptcha from '@hcaptcha/react-hcaptcha';
import { createElement, createRef } from 'react';

import { hear, props, show } from './page.js';

/** @type {import('react').RefObject<HCaptcha | null>} */
const ref = createRef();

show(
  createElement(HCaptcha, {
    ref,
    sentry: false,
    onReady: hear('ready'),
    onVerify: hear('passed'),
    onExpire: hear('expired'),
    onError: hear('failed'),
    onOpen: hear('opened'),
    onClose: hear('closed'),
    ...props,
  }),
  {
    execute: () => void ref.current?.execute(),
    executeAsync: async () => (await ref.current?.execute({ async: true }))?.response,
    reset: () => ref.current?.resetCaptcha(),
    response: () => ref.current?.getResponse(),
  },
);
