//! The way from libFuzzer into the target `complaint`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| atalaya_fuzz::complaint(data));
