//! Writes the made photos into a folder: `inputs FOLDER`.

use std::path::Path;

use roundel_benches::Failed;
use roundel_benches::inputs::INPUTS;

fn main() -> Result<(), Failed> {
    let folder = std::env::args().nth(1).ok_or("usage: inputs FOLDER")?;
    for input in INPUTS {
        input.write(Path::new(&folder))?;
    }
    Ok(())
}
