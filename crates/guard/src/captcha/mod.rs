//! Nothing behind it runs without a response token that was verified.
