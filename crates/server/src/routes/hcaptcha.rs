//! hCaptcha's siteverify, which shares its path with the native one.
