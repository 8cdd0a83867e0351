//! Fuzzes the target `rows` of `tests/src/fuzz`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    grid_fuzz::fuzz::rows(bytes);
});
