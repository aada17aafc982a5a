//! The way from libFuzzer into the target `ticket`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| atalaya_fuzz::ticket(data));
