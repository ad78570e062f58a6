//! The layers around a CAPTCHA, for any tower service.

#![forbid(unsafe_code)]
