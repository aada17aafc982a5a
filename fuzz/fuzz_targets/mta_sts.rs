//! The way from libFuzzer into the target `mta_sts`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| atalaya_fuzz::mta_sts(data));
