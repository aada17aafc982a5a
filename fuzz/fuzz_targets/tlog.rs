//! The way from libFuzzer into the target `tlog`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| atalaya_fuzz::tlog(data));
