//! Writes the inputs that fuzzing begins with: `cargo run -p grid-tests --bin make-corpus`.
//!
//! They are made of the fixtures and of the crafted changes and entries. Kept inputs with other names stay: those were
//! found.

use grid_tests::fuzz::TARGETS;
use std::fs;
use std::path::Path;

fn main() -> std::io::Result<()> {
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target.name);
        fs::create_dir_all(&folder)?;
        let seeds = (target.seeds)();
        for (name, bytes) in &seeds {
            fs::write(folder.join(name), bytes)?;
        }
        println!("{:>4} inputs for {}", seeds.len(), target.name);
    }
    Ok(())
}
