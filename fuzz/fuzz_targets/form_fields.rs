#![no_main]
#![allow(missing_docs, reason = "the macro makes functions without any")]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cattlegrid_fuzz::form_fields::check(input));
