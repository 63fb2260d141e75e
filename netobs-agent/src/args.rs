//! The command line.
mod address;
mod cluster;
mod inventory;
mod redact;
mod serve;
mod setting;

use clap::{Parser, ValueEnum};

pub(crate) use self::{
    address::Address,
    cluster::ClusterArgs,
    inventory::InventoryArgs,
    redact::{RedactArgs, Redacted},
    serve::ServeArgs,
    setting::Setting,
};

/// Sees allowed and dropped traffic of every pod of this node, with the kernel's own reason, and changes nothing.
#[derive(Debug, Parser)]
#[command(version, about)]
pub(crate) struct Args {
    /// Where flows go.
    #[arg(long, value_enum)]
    pub(crate) export: Option<Export>,

    /// Watch this interface too, though it leads to no pod; may be given more than once.
    #[arg(long = "interface", value_name = "NAME")]
    pub(crate) interfaces: Vec<String>,

    /// IPv4 connections the kernel keeps apart at once; a power of two.
    #[arg(long, default_value_t = 65_536, value_parser = power_of_two)]
    pub(crate) connections: u32,

    /// IPv6 connections the kernel keeps apart at once; a power of two.
    #[arg(long, default_value_t = 16_384, value_parser = power_of_two)]
    pub(crate) connections_v6: u32,

    /// Dropped connections, each with its reason, that the kernel keeps apart at once for IPv4; a power of two.
    #[arg(long, default_value_t = 16_384, value_parser = power_of_two)]
    pub(crate) drops: u32,

    /// The same for IPv6.
    #[arg(long, default_value_t = 4_096, value_parser = power_of_two)]
    pub(crate) drops_v6: u32,

    /// Bytes of the ring through which the kernel points to news; a power of two.
    #[arg(long, default_value_t = 1 << 20, value_parser = power_of_two)]
    pub(crate) ring: u32,

    /// Flows kept at once; when there are more, those not seen for longest are told and let go.
    #[arg(long, default_value_t = 65_536, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) flows: u32,

    /// Seconds after which a flow that goes on is told again.
    #[arg(long, default_value_t = 10, value_name = "SECONDS")]
    pub(crate) update_every: u64,

    /// What the kernel programs log, from this level on. They log nothing unless asked, and then cost more.
    #[arg(long, value_enum, default_value_t = KernelLog::Off)]
    pub(crate) kernel_log: KernelLog,

    /// What to log to standard error: error, warn, info, debug, trace, or a filter like info,netobs_agent::kernel=debug.
    #[arg(long, env = "NETOBS_LOG", default_value = "info")]
    pub(crate) log: String,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    #[command(flatten)]
    pub(crate) serve: ServeArgs,

    #[command(flatten)]
    pub(crate) inventory: InventoryArgs,

    #[command(flatten)]
    pub(crate) redact: RedactArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Export {
    /// JSON lines on standard output, one flow or loss each.
    Stdout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KernelLog {
    Off,
    Warn,
    Debug,
}

impl KernelLog {
    /// As the programs compare it.
    pub(crate) const fn level(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::Warn => aya_log::Level::Warn as u8,
            Self::Debug => aya_log::Level::Debug as u8,
        }
    }
}

fn power_of_two(text: &str) -> Result<u32, String> {
    const LEAST: u32 = 16;
    const MOST: u32 = 1 << 26;
    let number: u32 = text.parse().map_err(|error| format!("{error}"))?;
    if number.is_power_of_two() && (LEAST..=MOST).contains(&number) {
        Ok(number)
    } else {
        let next = number.clamp(LEAST, MOST).next_power_of_two();
        Err(format!(
            "{number} is not a power of two from {LEAST} to {MOST}; the next one is {next}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::power_of_two;

    #[test]
    fn sizes_are_powers_of_two_and_the_error_names_the_next() {
        assert_eq!(power_of_two("4096"), Ok(4096));
        assert!(power_of_two("5000").is_err_and(|error| error.contains("8192")));
        assert!(power_of_two("1").is_err());
        assert!(power_of_two("4294967295").is_err_and(|error| error.contains("the next one is 67108864")));
        assert!(power_of_two("many").is_err());
    }
}
