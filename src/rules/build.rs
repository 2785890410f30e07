//! Writes a constant for the id of every rule of the catalog, so that an id that is none does not compile.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder of the tables, and in it what holds the catalog: the file of the passes, and the files of a folder.
const TABLES: &str = "translations";
const PASSES: &str = "passes.yaml";
const COMPAT: &str = "compat";

fn main() -> Result<(), Box<dyn Error>> {
    let tables = Path::new(TABLES);
    let mut files = vec![tables.join(PASSES)];
    for entry in fs::read_dir(tables.join(COMPAT))? {
        files.push(entry?.path());
    }
    files.sort();
    println!("cargo:rerun-if-changed={TABLES}");
    let mut constants = String::new();
    for file in &files {
        let text = fs::read_to_string(file)?;
        // the catalog's own reader refuses a file in which an entry begins otherwise
        for id in text
            .lines()
            .filter_map(|line| line.strip_prefix("- rule: "))
        {
            let name = id.to_ascii_uppercase().replace('-', "_");
            writeln!(constants, "/// `{id}`, of `{}`.", file.display())?;
            writeln!(constants, "pub const {name}: RuleId = RuleId({id:?});")?;
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?).join("rule_ids.rs");
    fs::write(out, constants)?;
    Ok(())
}
