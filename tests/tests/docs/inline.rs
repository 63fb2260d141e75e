//! Commands within sentences.

use super::page;
use super::usage::Usage;
use anyhow::{Context as _, Result};

#[test]
fn commands_within_sentences_name_commands_and_options_that_exist() -> Result<()> {
    let mut usage = Usage::new()?;
    let mut looked_at = 0;
    for page in page::pages()? {
        for span in page.spans() {
            usage.fits(span).with_context(|| page.path.clone())?;
            looked_at += usize::from(span.starts_with("netobs "));
        }
    }
    assert!(looked_at > 20, "only {looked_at} commands were found");
    Ok(())
}
