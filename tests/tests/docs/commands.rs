//! Every command in a block: that its options exist, and that it runs where the block does not say that it takes more.

use super::page::{self, Block, Takes};
use super::stage::Shell;
use super::usage::Usage;
use anyhow::{Context as _, Result, ensure};

#[test]
fn every_block_says_what_it_takes_and_its_options_exist() -> Result<()> {
    let mut usage = Usage::new()?;
    for block in blocks()? {
        for command in block.commands()? {
            block.takes()?;
            usage.fits(&command).with_context(|| block.to_string())?;
            xtask_knows(&command).with_context(|| block.to_string())?;
        }
    }
    Ok(())
}

#[test]
fn what_takes_nothing_runs_and_prints_what_the_page_says() -> Result<()> {
    let shell = Shell::open()?;
    let mut ran = 0;
    for block in blocks()? {
        let commands = block.commands()?;
        if commands.is_empty() || block.takes()? != Takes::Nothing {
            continue;
        }
        for command in &commands {
            runs(&shell, &block, command).with_context(|| format!("{block}: `{command}`"))?;
            ran += 1;
        }
    }
    assert!(ran > 10, "only {ran} commands were run");
    Ok(())
}

/// `finds` behind the fence stands for the exit code 1, `follows` for what does not end by itself, `same` for an output that is
/// the page's to the letter.
fn runs(shell: &Shell, block: &Block, command: &str) -> Result<()> {
    const INTERRUPTED: i32 = 130;
    let follows = block.says("follows");
    let ended = shell.run(command, follows)?;
    let expected = i32::from(block.says("finds"));
    ensure!(
        ended.code == Some(expected) || (follows && ended.code == Some(INTERRUPTED)),
        "it should have ended with {expected}, and ended with {:?}: {}{}",
        ended.code,
        ended.stdout,
        ended.stderr
    );
    ensure!(!ended.stdout.is_empty(), "it printed nothing: {}", ended.stderr);
    if block.says("same") {
        assert_eq!(ended.stdout, block.printed(), "{block}");
    }
    Ok(())
}

fn blocks() -> Result<Vec<Block>> {
    Ok(page::pages()?.iter().flat_map(page::Page::blocks).collect())
}

/// `xtask` has one file a command.
fn xtask_knows(command: &str) -> Result<()> {
    let mut words = command.split_whitespace().skip_while(|word| *word != "xtask");
    let Some(name) = words.nth(1) else { return Ok(()) };
    let file = format!("xtask/src/{}.rs", name.replace('-', "_"));
    ensure!(page::root().join(&file).is_file(), "`cargo xtask {name}` has no {file}");
    Ok(())
}
